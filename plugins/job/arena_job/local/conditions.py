"""Conditions of a JobSet: two of them exclude each other, and a change of one is told by an event."""

from __future__ import annotations

from datetime import datetime

from arena_core.k8s.time import text as timestamp
from arena_local.sdk.bundle import Obj

RUNNING, DONE = "StartupPolicyInProgress", "StartupPolicyCompleted"
_OTHER = {RUNNING: DONE, DONE: RUNNING}


def change(status: Obj, type: str, value: str, reason: str, message: str, now: datetime) -> bool:
    """Set a condition; returns whether that changed anything. One that would only say False is not added."""
    changed, found = False, False
    for condition in status.get("conditions") or ():
        if condition["type"] == type:
            found = True
            if condition["status"] != value:
                condition.update(status=value, reason=reason, message=message, lastTransitionTime=timestamp(now))
                changed = True
            elif (condition.get("reason"), condition.get("message")) != (reason, message):
                condition.update(reason=reason, message=message)
                changed = True
        elif _OTHER.get(type) == condition["type"] and value == condition["status"] == "True":
            # The time of the one that turns False stays, as in the operator.
            condition["status"] = "False"
            changed = True
    if not found and value == "True":
        new = {"type": type, "status": value, "reason": reason, "message": message, "lastTransitionTime": timestamp(now)}
        status.setdefault("conditions", []).append(new)
        changed = True
    return changed
