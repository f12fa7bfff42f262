"""Changes of a Workload's status that several controllers make: eviction, giving quota back, admission."""

from __future__ import annotations

import copy

from arena_core.k8s import conditions, time
from arena_local.kueue import kinds
from arena_local.sdk.bundle import Api, Obj


def editable(workload: Obj) -> Obj:
    """Return a copy whose status may be changed; the rest is that of the original, of which there may be thousands."""
    return {**workload, "metadata": {**workload["metadata"]}, "status": copy.deepcopy(dict(workload.get("status") or {}))}


def put(api: Api, workload: Obj, type: str, value: str, reason: str, message: str) -> bool:
    """Set a condition on an editable Workload (not yet stored)."""
    extra = {"observedGeneration": workload["metadata"].get("generation", 1)}
    return conditions.put(workload["status"], type, value, reason, message[:32768], now=api.now(), extra=extra)


def store(api: Api, workload: Obj) -> Obj:
    """Write the status."""
    return api.update_status(workload, manager=kinds.MANAGER)


def evict(api: Api, workload: Obj, reason: str, message: str, *, cause: str = "", stat: str = "", component: str) -> Obj:
    """Begin an eviction: condition, statistics, event. The job's controller stops the job and then gives the quota back."""
    put(api, workload, "Evicted", "True", reason, message)
    stats = workload["status"].setdefault("schedulingStats", {}).setdefault("evictions", [])
    entry = next((item for item in stats if item["reason"] == (stat or reason) and item.get("underlyingCause", "") == cause), None)
    if entry is None:
        entry = {"reason": stat or reason, "underlyingCause": cause, "count": 0}
        stats.append(entry)
    entry["count"] += 1
    stored = store(api, workload)
    name = f"EvictedDueTo{reason}"
    api.event(stored, "Normal", name, message, component=component, action=name)
    return stored


def unreserve(api: Api, workload: Obj) -> Obj:
    """Give the quota back after an eviction; whether the Workload queues again at once depends on why."""
    condition = conditions.find(workload, "Evicted") or {}
    reason, message = condition.get("reason", ""), condition.get("message", "")
    status = workload["status"]
    begun = conditions.find(workload, "Admitted")
    if begun and begun["status"] == "True":
        ran = int((api.now() - time.read(begun["lastTransitionTime"])).total_seconds())
        status["accumulatedPastExecutionTimeSeconds"] = status.get("accumulatedPastExecutionTimeSeconds", 0) + ran
    status.pop("admission", None)
    if conditions.find(workload, "QuotaReserved"):
        put(api, workload, "QuotaReserved", "False", "Pending", message)
    if begun:
        put(api, workload, "Admitted", "False", "NoReservation", "The workload has no reservation")
    put(api, workload, "Requeued", "True" if reason == "Preempted" else "False", reason, message)
    return store(api, workload)


def finish(api: Api, workload: Obj, reason: str, message: str) -> Obj:
    """Set Finished."""
    put(api, workload, "Finished", "True", reason, message)
    return store(api, workload)


def release(api: Api, obj: Obj, finalizer: str = kinds.FINALIZER) -> None:
    """Take Kueue's finalizer from an object."""
    meta = obj["metadata"]
    kept = [item for item in meta.get("finalizers") or () if item != finalizer]
    if len(kept) != len(meta.get("finalizers") or ()):
        copied = copy.deepcopy(dict(obj))
        copied["metadata"]["finalizers"] = kept
        if not kept:
            del copied["metadata"]["finalizers"]
        api.update(copied, manager=kinds.MANAGER)
