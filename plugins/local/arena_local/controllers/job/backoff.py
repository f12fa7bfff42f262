"""When a failed pod may be replaced: ten seconds after the failure, doubling to ten minutes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from arena_local.bundle import Api, Obj
from arena_local.operator.conditions import parse_time

_BASE = 10.0
_MAX = 600.0


def finish_time(pod: Obj) -> datetime:
    """Return when the pod ended: its last container, else its Ready condition's change, else its deletion or creation."""
    status = pod.get("status") or {}
    ends = [
        entry["state"]["terminated"]["finishedAt"]
        for entry in status.get("containerStatuses") or ()
        if ((entry.get("state") or {}).get("terminated") or {}).get("finishedAt")
    ]
    if ends:
        return max(parse_time(end) for end in ends)
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Ready" and condition.get("lastTransitionTime"):
            return parse_time(condition["lastTransitionTime"])
    meta = pod["metadata"]
    return parse_time(meta.get("deletionTimestamp") or meta["creationTimestamp"])


def _delay(api: Api, failures: int) -> float:
    base = api.setting("job.backoff", _BASE)
    return float(min(base * 2 ** min(failures - 1, 20), max(_MAX, base)))


def remaining(api: Api, succeeded: Iterable[Obj], failed: Iterable[Obj]) -> float:
    """Return seconds until a replacement may be made: the failures after the last success count."""
    failures = sorted(finish_time(pod) for pod in failed)
    if not failures:
        return 0.0
    success = max((finish_time(pod) for pod in succeeded), default=None)
    count = len([moment for moment in failures if success is None or moment > success])
    if not count:
        return 0.0
    return max(0.0, _delay(api, count) - (api.now() - failures[-1]).total_seconds())


def remaining_for_index(api: Api, last_failed: Obj, failures: int) -> float:
    """Return seconds until the pod of one index may be made again, after ``failures`` of them."""
    return max(0.0, _delay(api, failures) - (api.now() - finish_time(last_failed)).total_seconds())
