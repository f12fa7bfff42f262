"""Events in their two forms: stored as core/v1, shown and taken as events.k8s.io/v1, too."""

from __future__ import annotations

from typing import Any

Obj = dict[str, Any]
#: Name in core/v1 -> name in events.k8s.io/v1.
_NAMES = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
_BACK = {new: old for old, new in _NAMES.items()}


def to_new(event: Obj) -> Obj:
    """Return a stored event as events.k8s.io/v1."""
    out: Obj = {"kind": "Event", "apiVersion": "events.k8s.io/v1"}
    for key, value in event.items():
        if key not in ("kind", "apiVersion"):
            out[_NAMES.get(key, key)] = value
    for key in ("deprecatedFirstTimestamp", "deprecatedLastTimestamp"):
        out.setdefault(key, None)
    return out


def to_core(event: Obj) -> Obj:
    """Return an event of events.k8s.io/v1 as it is stored."""
    out: Obj = {"kind": "Event", "apiVersion": "v1"}
    for key, value in event.items():
        if key not in ("kind", "apiVersion"):
            out[_BACK.get(key, key)] = value
    for key in ("firstTimestamp", "lastTimestamp", "eventTime"):
        out.setdefault(key, None)
    for key in ("reportingComponent", "reportingInstance"):
        out.setdefault(key, "")
    out.setdefault("involvedObject", {})
    out.setdefault("source", {})
    return out
