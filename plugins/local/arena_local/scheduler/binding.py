"""Writes what a scheduler decides: binding, and the condition of a pod that cannot be placed."""

from __future__ import annotations

from typing import Any

from arena_core.k8s import time
from arena_local.sdk.bundle import Api, Obj
from arena_local.server import subresources


def bind(api: Api, pod: Obj, node: str, *, component: str = "default-scheduler", message: str = "") -> Obj:
    """Assign the pod to the node, with the condition and the event ``Scheduled``."""
    meta = pod["metadata"]
    server: Any = api
    subresources.bind(server, meta["namespace"], meta["name"], {"target": {"name": node}})
    bound = api.get("pods", meta["namespace"], meta["name"])
    text = message or f"Successfully assigned {meta['namespace']}/{meta['name']} to {node}"
    api.event(bound, "Normal", "Scheduled", text, component=component, action="Binding")
    return bound


def set_scheduled(api: Api, pod: Obj, status: str, reason: str = "", message: str = "", *, component: str = "default-scheduler") -> Obj:
    """Write the condition PodScheduled where it is not so already."""
    old = {c["type"]: c for c in (pod.get("status") or {}).get("conditions") or ()}
    before = old.get("PodScheduled", {})
    condition: Obj = {"type": "PodScheduled", "status": status, "lastProbeTime": None, "lastTransitionTime": time.text(api.now())}
    if status == "False":
        condition["observedGeneration"] = pod["metadata"].get("generation", 1)
    if reason:
        condition |= {"reason": reason, "message": message}
    if before.get("status") == status:
        condition["lastTransitionTime"] = before.get("lastTransitionTime")
        if before == condition:
            return pod
    conditions = [*(c for t, c in old.items() if t != "PodScheduled"), condition]
    return api.update_status({**pod, "status": {**(pod.get("status") or {}), "conditions": conditions}}, manager=component)


def unschedulable(api: Api, pod: Obj, message: str, *, component: str = "default-scheduler", reason: str = "Unschedulable") -> Obj:
    """Say on the pod, as condition and event, why it waits."""
    written = set_scheduled(api, pod, "False", reason, message, component=component)
    api.event(written, "Warning", "FailedScheduling", message, component=component, action="Scheduling")
    return written
