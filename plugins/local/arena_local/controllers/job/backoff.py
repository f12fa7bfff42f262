"""When a failed pod may be replaced: ten seconds after the failure, doubling to ten minutes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from arena_core.k8s import time
from arena_local.sdk.bundle import Api, Obj

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
        return max(time.read(end) for end in ends)
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Ready" and condition.get("status") == "False" and condition.get("lastTransitionTime"):
            return time.read(condition["lastTransitionTime"])
    meta = pod["metadata"]
    if meta.get("deletionTimestamp"):
        return time.read(meta["deletionTimestamp"]) - timedelta(seconds=meta.get("deletionGracePeriodSeconds") or 0)
    return time.read(meta["creationTimestamp"])


def _delay(api: Api, failures: int) -> float:
    base = api.setting("job.backoff", _BASE)
    return float(min(base * 2 ** min(failures - 1, 20), max(_MAX, base)))


@dataclass(frozen=True)
class Record:
    """Failures since the last success, and when the last one was. Kept over passes: the failed pods may be gone by then."""

    failures: int = 0
    last: datetime | None = None

    def after(self, succeeded: Iterable[Obj], failed: Iterable[Obj]) -> Record:
        """Return the record after further pods have ended."""
        moments = sorted(finish_time(pod) for pod in failed)
        success = max((finish_time(pod) for pod in succeeded), default=None)
        counted = [moment for moment in moments if success is None or moment > success]
        before = 0 if success is not None else self.failures
        return Record(before + len(counted), moments[-1] if moments else self.last)

    def remaining(self, api: Api) -> float:
        """Return seconds until a replacement may be made."""
        if not self.failures or self.last is None:
            return 0.0
        return max(0.0, _delay(api, self.failures) - (api.now() - self.last).total_seconds())


def remaining_for_index(api: Api, last_failed: Obj, failures: int) -> float:
    """Return seconds until the pod of one index may be made again, after ``failures`` of them."""
    return max(0.0, _delay(api, failures) - (api.now() - finish_time(last_failed)).total_seconds())
