"""``top`` as data: Arena's keys, and ours behind them."""

from __future__ import annotations

from typing import Any

from arena_core.cli import views
from arena_core.cli.top.nodes import TYPES
from arena_core.k8s import quantity
from arena_core.k8s.devices import SHARED_CORE, SHARED_MEMORY
from arena_core.usecases.top.gpus import Gpu
from arena_core.usecases.top.nodes import Holder, Node
from arena_core.usecases.top.of_jobs import InstanceUse, JobUse
from arena_core.usecases.top.of_nodes import NodeBoard
from arena_core.usecases.top.sizes import Size

LISTS = {"share": "gpuShareNodes", "topology": "gpuTopologyNodes", "exclusive": "gpuExclusiveNodes", "normal": "normalNodes"}


def of_nodes(board: NodeBoard) -> dict[str, Any]:
    """Return the nodes by Arena's classes; a node that could not be read is among the ``normalNodes``, with null for what is not known."""
    found: dict[str, Any] = {key: [] for key in ("gpuShareNodes", "gpuTopologyNodes", "gpuExclusiveNodes", "normalNodes")}
    for node in board.nodes:
        found[LISTS[node.mode]].append(_node(node))
    return {**found, "waiting": [_holder(h) for h in board.waiting], "allPodsCounted": board.everywhere, "notes": list(board.notes)}


def _node(node: Node) -> dict[str, Any]:
    accelerated = bool(node.devices or node.shares)
    total = None if any(d.total is None for d in node.devices) else sum(d.total or 0 for d in node.devices)
    lost = sum(max(0, (d.total or 0) - (d.healthy or 0)) for d in node.devices)
    memory, core = node.shares.get(SHARED_MEMORY, (0, 0)), node.shares.get(SHARED_CORE, (0, 0))
    return {
        "name": node.name,
        "description": "",
        "ip": node.address,
        "status": node.status,
        "role": ",".join(node.roles),
        "type": TYPES[node.mode],
        **({"totalGPUs": total, "allocatedGPUs": sum(d.allocated for d in node.devices), "unhealthyGPUs": lost} if accelerated else {}),
        **({"gpuMetrics": [_gpu(gpu) for gpu in node.gpus]} if accelerated else {}),
        **({"totalGPUMemory": memory[1], "allocatedGPUMemory": memory[0]} if SHARED_MEMORY in node.shares else {}),
        **({"totalGPUCore": core[1], "allocatedGPUCore": core[0]} if SHARED_CORE in node.shares else {}),
        "instances": [_holder(holder) for holder in node.holders],
        "accelerators": [
            {"resource": d.resource, "total": d.total, "healthy": d.healthy, "allocated": d.allocated, "free": d.free} for d in node.devices
        ],
        "cpu": _size(node.cpu),
        "memory": _size(node.memory),
        "taints": [taint._asdict() for taint in node.taints],
        "conditions": list(node.trouble),
    }


def _size(amount: Size) -> dict[str, Any]:
    """Return cpu in thousandths, memory in bytes."""
    return {"total": amount.total, "requested": amount.requested, "used": amount.used}


def _holder(holder: Holder) -> dict[str, Any]:
    asked = holder.requests
    return {
        "name": holder.name,
        "namespace": holder.namespace,
        "status": holder.status,
        "requestGPUs": sum(holder.accelerators.values()),
        **({"requestGPUMemory": quantity.whole(asked[SHARED_MEMORY])} if SHARED_MEMORY in asked else {}),
        **({"requestGPUCore": quantity.whole(asked[SHARED_CORE])} if SHARED_CORE in asked else {}),
        "job": holder.owner,
        "accelerators": holder.accelerators,
        "cpu": quantity.milli(asked.get("cpu", 0)),
        "memory": quantity.whole(asked.get("memory", 0)),
    }


def _gpu(gpu: Gpu) -> dict[str, Any]:
    return {
        "id": gpu.id,
        "totalGPUMemory": gpu.total,
        "usedGPUMemory": gpu.used,
        "dutyCycle": gpu.duty,
        "namespace": gpu.namespace,
        "pod": gpu.pod,
        "idle": gpu.idle,
    }


def of_job(use: JobUse) -> dict[str, Any]:
    """Return a job as `list` and `get` do, with what its instances use."""
    data = views.as_data(use.job)
    for row, instance in zip(data["instances"], use.instances, strict=True):
        row |= _instance(instance)
    used = use.used
    return {**data, "cpu": used.cpu if used else None, "memory": used.memory if used else None, "idleInstances": use.idle()}


def _instance(use: InstanceUse) -> dict[str, Any]:
    metrics = {g.id: {"gpuDutyCycle": g.duty, "usedGPUMemory": g.used, "totalGPUMemory": g.total} for g in use.gpus}
    used = use.used
    return {"gpuMetrics": metrics, "cpu": used.cpu if used else None, "memory": used.memory if used else None, "idle": use.idle()}
