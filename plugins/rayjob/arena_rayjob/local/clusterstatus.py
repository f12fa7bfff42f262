"""The status of a RayCluster from its pods and its Service. Pure."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from arena_core.k8s import quantity
from arena_core.k8s.conditions import find, is_true
from arena_core.k8s.conditions import put as set_condition
from arena_core.k8s.conditions import remove as remove_condition
from arena_core.k8s.time import text as timestamp
from arena_local.sdk.bundle import Obj
from arena_local.sdk.pods import phase, ready
from arena_rayjob.local.names import NODE_TYPE, desired, groups

EMPTY: Obj = {"desiredCPU": "0", "desiredGPU": "0", "desiredMemory": "0", "desiredTPU": "0", "head": {}}
SUSPENDING, SUSPENDED, PROVISIONED = "RayClusterSuspending", "RayClusterSuspended", "RayClusterProvisioned"
#: Changes of these alone are not written.
_IDLE = ("lastUpdateTime", "observedGeneration", "stateTransitionTimes", "desiredCPU", "desiredGPU", "desiredMemory", "desiredTPU")


def differs(old: Obj, new: Obj) -> bool:
    """Whether there is something new in a status."""
    return {k: v for k, v in old.items() if k not in _IDLE} != {k: v for k, v in new.items() if k not in _IDLE}


def suspension(status: Obj) -> str:
    """Return the condition of a suspension that is True, or nothing."""
    return next((kind for kind in (SUSPENDING, SUSPENDED) if is_true({"status": status}, kind)), "")


def calculate(cluster: Obj, pods: Sequence[Obj], service: Obj | None, failure: tuple[str, str] | None, now: datetime) -> Obj:
    """Return the new status; ``failure`` is (reason, message) of pods that could not be made."""
    spec, old = cluster["spec"], cluster.get("status") or {}
    status: Obj = {**EMPTY, **copy.deepcopy(old), "observedGeneration": cluster["metadata"].get("generation", 1)}
    if failure:
        set_condition(status, "ReplicaFailure", "True", *failure, now=now)
    else:
        remove_condition(status, "ReplicaFailure")
    _count(status, spec, pods)
    running = bool(pods) and all(phase(pod) == "Running" and ready(pod) for pod in pods)
    if failure is None and running and len(pods) == status.get("desiredWorkerReplicas", 0) + 1:
        status["state"] = "ready"
    head = next((pod for pod in pods if pod["metadata"]["labels"].get(NODE_TYPE) == "head"), None)
    set_condition(status, "HeadPodReady", *head_ready(head), now=now)
    _suspend(status, spec, pods, running, now)
    if spec.get("suspend") and not pods:
        status["state"] = "suspended"
    _head(status, head, service)
    status["lastUpdateTime"] = timestamp(now)
    if status.get("state") and status["state"] != old.get("state"):
        status["stateTransitionTimes"] = {**(old.get("stateTransitionTimes") or {}), status["state"]: timestamp(now)}
    return status


def head_ready(pod: Obj | None) -> tuple[str, str, str]:
    """Return (status, reason, message) of HeadPodReady: the pod's own, or what its first unready container says."""
    if pod is None:
        return "False", "HeadPodNotFound", "Head Pod not found"
    found = find(pod, "Ready")
    if found is None:
        return "False", "Unknown", ""
    value, message = str(found.get("status")), str(found.get("message") or "")
    reason = str(found.get("reason") or "") or ("HeadPodRunningAndReady" if value == "True" else "Unknown")
    if reason == "ContainersNotReady":
        for entry in (pod.get("status") or {}).get("containerStatuses") or ():
            state = entry.get("state") or {}
            told = state.get("waiting") or state.get("terminated")
            if told:
                return value, str(told.get("reason") or reason), f"{message}; {entry['name']}: {told.get('message') or ''}"
    return value, reason, message


def _count(status: Obj, spec: Obj, pods: Sequence[Obj]) -> None:
    workers = [pod for pod in pods if pod["metadata"]["labels"].get(NODE_TYPE) == "worker"]
    active = [group for group in groups(spec) if not group.get("suspend")]
    most = sum(int(group.get("maxReplicas") or 0) * int(group.get("numOfHosts") or 1) for group in active)
    counts = {
        "readyWorkerReplicas": sum(phase(pod) == "Running" and ready(pod) for pod in workers),
        "availableWorkerReplicas": sum(phase(pod) == "Running" for pod in workers),
        "desiredWorkerReplicas": sum(desired(group) for group in groups(spec)),
        "minWorkerReplicas": sum(int(group.get("minReplicas") or 0) * int(group.get("numOfHosts") or 1) for group in active),
        "maxWorkerReplicas": min(most, 2**31 - 1),
    }
    for key, count in counts.items():
        status.pop(key, None)
        if count:
            status[key] = count
    amounts = _resources(spec, active)
    gpus = sum(amount for name, amount in amounts.items() if name.endswith("gpu"))
    status["desiredCPU"], status["desiredMemory"] = (_text(amounts.get(name, 0), name) for name in ("cpu", "memory"))
    status["desiredGPU"], status["desiredTPU"] = _text(gpus, "gpu"), _text(amounts.get("google.com/tpu", 0), "tpu")


def _resources(spec: Obj, active: Sequence[Obj]) -> dict[str, int]:
    """Return what head and workers ask for, limits where there are no requests."""
    templates = [(spec["headGroupSpec"]["template"], 1)]
    templates += [(group["template"], int(group.get("replicas") or 0) * int(group.get("numOfHosts") or 1)) for group in active]
    total: dict[str, int] = {}
    for template, count in templates:
        for container in (template.get("spec") or {}).get("containers") or ():
            resources: Obj = container.get("resources") or {}
            asked: dict[str, Any] = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
            for name, amount in asked.items():
                total[name] = total.get(name, 0) + quantity.parse(amount) * count
    return total


def _text(amount: int, name: str) -> str:
    return quantity.text(amount, "binary" if name == "memory" else "decimal")


def _suspend(status: Obj, spec: Obj, pods: Sequence[Obj], running: bool, now: datetime) -> None:
    """Set the conditions of provisioning and of the two steps of a suspension."""
    step = suspension(status)
    provisioned = is_true({"status": status}, PROVISIONED)
    provisioning = ("False", "RayClusterPodsProvisioning")
    if not provisioned and step != SUSPENDED:
        if running:
            set_condition(
                status, PROVISIONED, "True", "AllPodRunningAndReadyFirstTime", "All Ray Pods are ready for the first time", now=now
            )
        else:
            set_condition(status, PROVISIONED, *provisioning, "RayCluster Pods are being provisioned for first time", now=now)
    if step == SUSPENDING:
        if not pods:
            set_condition(status, PROVISIONED, *provisioning, "RayCluster has been suspended", now=now)
            set_condition(status, SUSPENDING, "False", SUSPENDING, "", now=now)
            set_condition(status, SUSPENDED, "True", SUSPENDED, "", now=now)
    elif step == SUSPENDED:
        if spec.get("suspend") is False:
            set_condition(status, SUSPENDED, "False", SUSPENDED, "", now=now)
    else:
        set_condition(status, SUSPENDED, "False", SUSPENDED, "", now=now)
        set_condition(status, SUSPENDING, "True" if spec.get("suspend") else "False", SUSPENDING, "", now=now)


def _head(status: Obj, pod: Obj | None, service: Obj | None) -> None:
    address = str(((pod or {}).get("status") or {}).get("podIP") or "")
    found = {"podName": pod["metadata"]["name"] if pod else "", "podIP": address}
    if service is not None:
        cluster_ip = str(service["spec"].get("clusterIP") or "")
        found |= {"serviceName": service["metadata"]["name"], "serviceIP": address if cluster_ip == "None" else cluster_ip}
        ports = service["spec"].get("ports") or ()
        status["endpoints"] = {p["name"]: str(p.get("nodePort") or p.get("targetPort") or p["port"]) for p in ports if p.get("name")}
    status["head"] = {key: value for key, value in found.items() if value}
