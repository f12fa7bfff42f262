"""Conditions and counters of a training job, as the Training Operator writes them."""

from __future__ import annotations

from typing import Any

from arena_core.k8s import conditions, time
from arena_local.sdk.bundle import Obj
from arena_local.training.kind import Run


def is_true(status: dict[str, Any], *types: str) -> bool:
    """Whether one of the conditions stands at True."""
    return any(conditions.is_true({"status": status}, type) for type in types)


def finished(status: dict[str, Any]) -> bool:
    """Whether the job has succeeded or failed."""
    return is_true(status, "Succeeded", "Failed")


def set_condition(run: Run, type: str, word: str, message: str, value: str = "True") -> None:
    """Add a condition at the end of the list, unless the job has failed or nothing changes.

    Running and Restarting exclude each other; at the end Running turns False in place and keeps its text and time.
    """
    status = run.status
    if is_true(status, "Failed"):
        return
    reason = run.reason(word)
    current = conditions.find({"status": status}, type)
    if current and current.get("status") == value and current.get("reason") == reason:
        return
    now = time.text(run.api.now())
    since = current["lastTransitionTime"] if current and current.get("status") == value else now
    kept = [
        dict(c) for c in conditions.rows({"status": status}) if c.get("type") != type and {c.get("type"), type} != {"Running", "Restarting"}
    ]
    if type in ("Failed", "Succeeded"):
        for condition in kept:
            if condition.get("type") == "Running":
                condition["status"] = "False"
    new = {"lastTransitionTime": since, "lastUpdateTime": now, "message": message, "reason": reason, "status": value, "type": type}
    status["conditions"] = [*kept, new]


def complete(run: Run) -> None:
    """Set the completion time, once."""
    run.status.setdefault("completionTime", time.text(run.api.now()))


def reset_counters(run: Run, replica: str) -> dict[str, Any]:
    """Empty the counters of a replica type and return them."""
    counters: dict[str, Any] = {}
    run.status.setdefault("replicaStatuses", {})[replica] = counters
    return counters


def count_pod(counters: dict[str, Any], pod: Obj) -> None:
    """Count one pod. A running one that is being deleted counts as failed: its node may be lost."""
    phase = pod.get("status", {}).get("phase")
    key = {"Succeeded": "succeeded", "Failed": "failed"}.get(str(phase))
    if phase == "Running":
        key = "failed" if pod["metadata"].get("deletionTimestamp") else "active"
    if key:
        counters[key] = counters.get(key, 0) + 1


def counts(run: Run, replica: str) -> tuple[int, int, int]:
    """Return the numbers of active, succeeded and failed pods of a replica type."""
    counters = run.status.get("replicaStatuses", {}).get(replica, {})
    return counters.get("active", 0), counters.get("succeeded", 0), counters.get("failed", 0)
