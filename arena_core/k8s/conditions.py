"""Conditions in ``status.conditions``: found by type and never by place, set as ``meta.SetStatusCondition`` sets them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from arena_core.k8s import time
from arena_core.typed import Any


def rows(obj: Any) -> list[dict[str, Any]]:
    """Return the conditions of an object that are mappings, whatever else is there."""
    status = obj.get("status") if type(obj) is dict or isinstance(obj, Mapping) else None
    found = status.get("conditions") if type(status) is dict or isinstance(status, Mapping) else None
    return [row for row in found if isinstance(row, dict)] if type(found) is list or isinstance(found, tuple) else []


def by_type(obj: Any) -> dict[str, dict[str, Any]]:
    """Return the conditions by their types; of several of one type the first counts."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows(obj):
        kind = row.get("type")
        if isinstance(kind, str) and kind not in found:
            found[kind] = row
    return found


def find(obj: Any, kind: str) -> dict[str, Any] | None:
    """Return the condition of this type, or None; of several the first counts (``meta.FindStatusCondition``)."""
    for row in rows(obj):
        if row.get("type") == kind:
            return row
    return None


def is_true(obj: Any, kind: str) -> bool:
    """Whether the condition is there with status ``True``."""
    found = find(obj, kind)
    return found is not None and found.get("status") == "True"


def put(
    status: dict[str, Any], kind: str, value: str, reason: str, message: str, *, now: datetime, extra: Mapping[str, Any] | None = None
) -> bool:
    """Set a condition in ``status["conditions"]``; returns whether anything has changed.

    ``lastTransitionTime`` moves only with the status. ``extra`` holds further fields (``observedGeneration``).
    """
    conditions = status.setdefault("conditions", [])
    wanted = {"status": value, "reason": reason, "message": message, **(extra or {})}
    for row in conditions:
        if row.get("type") != kind:
            continue
        if all(row.get(key) == item for key, item in wanted.items()):
            return False
        if row.get("status") != value:
            row["lastTransitionTime"] = time.text(now)
        row.update(wanted)
        return True
    conditions.append({"type": kind, **wanted, "lastTransitionTime": time.text(now)})
    return True


def remove(status: dict[str, Any], kind: str) -> bool:
    """Remove a condition; returns whether it was there."""
    before = status.get("conditions") or []
    kept = [row for row in before if row.get("type") != kind]
    if len(kept) == len(before):
        return False
    status["conditions"] = kept
    return True
