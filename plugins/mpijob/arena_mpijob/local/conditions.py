"""Conditions of an MPIJob as the operator writes them: the newest last, Running taken back at the end."""

from __future__ import annotations

from datetime import datetime

from arena_core.k8s import conditions, time
from arena_local.sdk.bundle import Obj


def find(status: Obj, type: str) -> Obj | None:
    """Return the condition of a type, or None."""
    return conditions.find({"status": status}, type)


def is_true(status: Obj, *types: str) -> bool:
    """Whether one of the conditions stands at True."""
    return any(conditions.is_true({"status": status}, type) for type in types)


def put(status: Obj, type: str, value: str, reason: str, message: str, *, now: datetime) -> bool:
    """Set a condition at the end of the list; returns whether status or reason have changed.

    At the end Running turns False in place, and so does a failure that was none.
    """
    current = find(status, type)
    if current and current.get("status") == value and current.get("reason") == reason:
        return False
    stamp = time.text(now)
    since = current["lastTransitionTime"] if current and current.get("status") == value else stamp
    kept = [dict(c) for c in status.get("conditions") or [] if c.get("type") != type and {c.get("type"), type} != {"Running", "Restarting"}]
    if type in ("Failed", "Succeeded"):
        for condition in kept:
            if condition.get("type") in ("Running", "Failed"):
                condition["status"] = "False"
    new = {"lastTransitionTime": since, "lastUpdateTime": stamp, "message": message, "reason": reason, "status": value, "type": type}
    status["conditions"] = [*kept, new]
    return True
