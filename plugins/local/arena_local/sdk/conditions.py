"""Status conditions: the forms that Kubernetes' controllers write, found by type and never by place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from arena_local.sdk.bundle import Obj


def timestamp(moment: datetime) -> str:
    """Return RFC 3339 in whole seconds, as ``metav1.Time`` is written."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """Read RFC 3339; fractions are kept."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def find_condition(obj: Obj, type: str) -> Obj | None:
    """Return the condition of this type in ``status.conditions``, or None."""
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition.get("type") == type:
            found: Obj = condition
            return found
    return None


def condition_true(obj: Obj, type: str) -> bool:
    """Return whether the condition is there with status True."""
    condition = find_condition(obj, type)
    return bool(condition and condition.get("status") == "True")


def set_condition(
    status: Obj,
    type: str,
    value: str,
    reason: str,
    message: str,
    *,
    now: datetime,
    extra: Mapping[str, Any] | None = None,
) -> bool:
    """Set a condition in ``status["conditions"]`` as ``meta.SetStatusCondition`` does; returns whether anything changed.

    ``lastTransitionTime`` moves only with the status. ``extra`` holds further fields (``observedGeneration``).
    """
    conditions = status.setdefault("conditions", [])
    wanted = {"status": value, "reason": reason, "message": message, **(extra or {})}
    for condition in conditions:
        if condition.get("type") != type:
            continue
        if all(condition.get(key) == item for key, item in wanted.items()):
            return False
        if condition.get("status") != value:
            condition["lastTransitionTime"] = timestamp(now)
        condition.update(wanted)
        return True
    conditions.append({"type": type, **wanted, "lastTransitionTime": timestamp(now)})
    return True


def remove_condition(status: Obj, type: str) -> bool:
    """Remove a condition; returns whether it was there."""
    conditions = status.get("conditions") or []
    kept = [condition for condition in conditions if condition.get("type") != type]
    if len(kept) == len(conditions):
        return False
    status["conditions"] = kept
    return True
