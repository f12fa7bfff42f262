"""The node objects: what the machine has, its conditions, and the heartbeat."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Mapping

from arena_core.k8s import quantity, time
from arena_local.kubelet import records
from arena_local.sdk.bundle import Api, ApiError, Obj

LEASES = "kube-node-lease"
HEARTBEAT = 10.0
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def node_names(count: int) -> list[str]:
    """Return the names of the nodes."""
    return [f"node-{i + 1}" for i in range(max(count, 1))]


def memory_bytes() -> int:
    """Return the size of the machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def capacity(resources: Mapping[str, str], gpus: int) -> dict[str, str]:
    """Return the capacity of a node: the machine's, real GPUs, and what was asked to be pretended."""
    disk = os.statvfs("/")
    result = {
        "cpu": str(os.cpu_count() or 1),
        "memory": f"{memory_bytes() // 1024}Ki",
        "ephemeral-storage": f"{disk.f_blocks * disk.f_frsize // 1024}Ki",
        "pods": "10000",
    }
    if gpus:
        result["nvidia.com/gpu"] = str(gpus)
    return result | {k: str(v) for k, v in resources.items()}


def node_object(name: str, sizes: Mapping[str, str], now: str, cidr: str, version: str = "v1.36.2") -> Obj:
    """Return a whole node, whose pods have addresses of the network ``cidr``."""
    machine = _MACHINES.get(platform.machine(), platform.machine())
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": sys.platform, "kubernetes.io/arch": machine}
    labels |= {f"beta.{k}": v for k, v in labels.items() if not k.endswith("hostname")}
    labels |= {"node-role.kubernetes.io/control-plane": "", "arena.local/node": "true"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"node.alpha.kubernetes.io/ttl": "0"}},
        "spec": {"podCIDR": cidr, "providerID": f"arena://{name}"},
        "status": node_status(sizes, now, name, version, machine),
    }


def node_status(sizes: Mapping[str, str], now: str, name: str, version: str, machine: str) -> Obj:
    """Return a node's status."""
    good = (
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    )
    conditions = [
        {"type": t, "status": s, "reason": r, "message": m, "lastHeartbeatTime": now, "lastTransitionTime": now} for t, s, r, m in good
    ]
    boot = records.boot()
    return {
        "capacity": dict(sizes),
        "allocatable": dict(sizes),
        "conditions": conditions,
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": name}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
        "nodeInfo": {
            **dict.fromkeys(("machineID", "systemUUID", "kubeProxyVersion"), ""),
            "bootID": boot,
            "kernelVersion": platform.release(),
            "osImage": f"{socket.gethostname()} (processes)",
            "containerRuntimeVersion": "arena://0.1",
            "kubeletVersion": version,
            "operatingSystem": sys.platform,
            "architecture": machine,
        },
    }


def register(api: Api, names: list[str], sizes: Mapping[str, str], cidr: str) -> None:
    """Make or refresh the nodes, and remove those that are no longer wanted."""
    now = time.text(api.now())
    for name in names:
        wanted = node_object(name, sizes, now, cidr)
        found = api.find("nodes", "", name)
        if found is None:
            found = api.create(wanted, manager="kubelet")
        api.update_status({**found, "status": wanted["status"]}, manager="kubelet")
        _lease(api, name)
    for node in api.list("nodes", "", {"arena.local/node": "true"}):
        if node["metadata"]["name"] not in names:
            api.delete("nodes", "", node["metadata"]["name"], manager="kubelet")


def _lease(api: Api, name: str) -> None:
    stamp = time.micro_text(api.now())
    spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": stamp}
    try:
        if api.find("leases.coordination.k8s.io", LEASES, name):
            api.patch("leases.coordination.k8s.io", LEASES, name, {"spec": spec}, manager="kubelet")
        else:
            meta = {"name": name, "namespace": LEASES}
            api.create({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}, manager="kubelet")
    except ApiError:
        return  # the namespace is not there (yet)


def heartbeat(api: Api, names: list[str]) -> None:
    """Renew the leases."""
    for name in names:
        _lease(api, name)


def whole(sizes: Mapping[str, str]) -> dict[str, int]:
    """Return the counts of extended resources."""
    return {k: quantity.whole(quantity.parse(v)) for k, v in sizes.items() if "/" in k}


def advertised(node: Obj | None) -> dict[str, int]:
    """Return the counts of extended resources that a node's status offers; whoever may patch it can add some, as on a real node."""
    return whole(((node or {}).get("status") or {}).get("allocatable") or {})
