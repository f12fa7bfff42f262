"""``top`` as data: Arena's keys, and ours behind them."""

from __future__ import annotations

from arena_core.cli import views
from arena_core.cli.top.nodes import TYPES
from arena_core.k8s import quantity
from arena_core.k8s.devices import SHARED_CORE, SHARED_MEMORY
from arena_core.typed import TYPE_CHECKING, Any
from arena_core.usecases.top.gpus import Gpu
from arena_core.usecases.top.nodes import Holder, Node
from arena_core.usecases.top.of_jobs import InstanceUse, JobUse
from arena_core.usecases.top.of_nodes import NodeBoard

if TYPE_CHECKING:
    from arena_core.cli.shapes import jobs, nodes


def of_nodes(board: NodeBoard) -> nodes.Nodes:
    """Return the nodes by Arena's classes; a node that could not be read is among the ``normalNodes``, with null for what is not known."""

    def of(mode: str) -> list[nodes.Node]:
        return [_node(node) for node in board.nodes if node.mode == mode]

    return {
        "gpuShareNodes": of("share"),
        "gpuTopologyNodes": of("topology"),
        "gpuExclusiveNodes": of("exclusive"),
        "normalNodes": of("normal"),
        "waiting": [_holder(h) for h in board.waiting],
        "allPodsCounted": board.everywhere,
        "notes": list(board.notes),
    }


def _node(node: Node) -> nodes.Node:
    found: nodes.Node = {
        "name": node.name,
        "description": "",
        "ip": node.address,
        "status": node.status,
        "role": ",".join(node.roles),
        "type": TYPES[node.mode],
        "instances": [_holder(holder) for holder in node.holders],
        "accelerators": [
            {"resource": d.resource, "total": d.total, "healthy": d.healthy, "allocated": d.allocated, "free": d.free} for d in node.devices
        ],
        "cpu": _fields(node.cpu),
        "memory": _fields(node.memory),
        "taints": [_fields(taint) for taint in node.taints],
        "conditions": list(node.trouble),
    }
    _accelerated(node, found)
    return found


def _accelerated(node: Node, found: nodes.Node) -> None:
    """Add what Arena says of a node with GPUs only."""
    if node.devices or node.shares:
        found["totalGPUs"] = None if any(d.total is None for d in node.devices) else sum(d.total or 0 for d in node.devices)
        found["allocatedGPUs"] = sum(d.allocated for d in node.devices)
        found["unhealthyGPUs"] = sum(max(0, (d.total or 0) - (d.healthy or 0)) for d in node.devices)
        found["gpuMetrics"] = [_gpu(gpu) for gpu in node.gpus]
    if SHARED_MEMORY in node.shares:
        found["allocatedGPUMemory"], found["totalGPUMemory"] = node.shares[SHARED_MEMORY]
    if SHARED_CORE in node.shares:
        found["allocatedGPUCore"], found["totalGPUCore"] = node.shares[SHARED_CORE]


def _fields(record: Any) -> Any:
    """Return the fields of a record, which are the shape."""
    return record._asdict()


def _holder(holder: Holder) -> nodes.Holder:
    asked = holder.requests
    found: nodes.Holder = {
        "name": holder.name,
        "namespace": holder.namespace,
        "status": holder.status,
        "requestGPUs": sum(holder.accelerators.values()),
        "job": holder.owner,
        "accelerators": holder.accelerators,
        "cpu": quantity.milli(asked.get("cpu", 0)),
        "memory": quantity.whole(asked.get("memory", 0)),
    }
    if SHARED_MEMORY in asked:
        found["requestGPUMemory"] = quantity.whole(asked[SHARED_MEMORY])
    if SHARED_CORE in asked:
        found["requestGPUCore"] = quantity.whole(asked[SHARED_CORE])
    return found


def _gpu(gpu: Gpu) -> nodes.GpuMetrics:
    return {
        "id": gpu.id,
        "totalGPUMemory": gpu.total,
        "usedGPUMemory": gpu.used,
        "dutyCycle": gpu.duty,
        "namespace": gpu.namespace,
        "pod": gpu.pod,
        "idle": gpu.idle,
    }


def of_job(use: JobUse) -> jobs.JobUse:
    """Return a job as `list` and `get` do, with what its instances use."""
    data, used = views.as_data(use.job), use.used
    return {
        **data,
        "instances": [_instance(row, one) for row, one in zip(data["instances"], use.instances, strict=True)],
        "cpu": used.cpu if used else None,
        "memory": used.memory if used else None,
        "idleInstances": use.idle(),
    }


def _instance(row: jobs.Instance, use: InstanceUse) -> jobs.InstanceUse:
    """Return the instance with what it uses."""
    metrics: dict[str, jobs.GpuUse] = {g.id: {"gpuDutyCycle": g.duty, "usedGPUMemory": g.used, "totalGPUMemory": g.total} for g in use.gpus}
    used = use.used
    return {**row, "gpuMetrics": metrics, "cpu": used.cpu if used else None, "memory": used.memory if used else None, "idle": use.idle()}
