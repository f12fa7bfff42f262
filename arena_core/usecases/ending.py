"""When a followed log is over: only what was looked at may be called ended."""

from __future__ import annotations

import time
from collections.abc import Sequence

from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.usecases.track import Track
from arena_core.usecases.views import Job
from arena_core.usecases.waiting import pod_finished

#: How long a new pod, the end of the job, or a pod that outlives its job is waited for.
GRACE = 10.0
#: How long the pods of a deleted job are followed, if nobody ends them.
ORPHANS = 60.0


def going(pod: Manifest) -> bool:
    """Whether the pod is being deleted."""
    return bool(dig.text(pod, "metadata", "deletionTimestamp"))


class Ending:
    """What is known of the end. ``listed``: pods have been listed; ``relisted``: after the job's end once more; ``gone``: it is deleted."""

    def __init__(self) -> None:
        self.listed = self.relisted = self.gone = False
        self.finished = False
        self._finished_at = 0.0
        self._quiet_since: float | None = None
        self._done = False
        self._unstarted = False

    @property
    def counting(self) -> bool:
        """Whether time alone may bring the end."""
        return self.finished or self.gone or self._quiet_since is not None

    def judge(self, job: Job, chosen: Sequence[Manifest], followed: bool, more: bool) -> None:
        """Take in how things stand: the pods that are meant, whether any has been followed, whether more will come."""
        if job.status.phase.finished != self.finished:
            self.finished = job.status.phase.finished
            self._finished_at = time.monotonic()
            self.relisted = self.relisted and self.finished
        self._unstarted = any(not pod_finished(pod) and not going(pod) for pod in chosen)
        ended = followed and all(pod_finished(pod) for pod in chosen)
        self._done = ended and bool(chosen) and not more and all(dig.text(p, "status", "phase") == "Succeeded" for p in chosen)
        if ended:
            self._quiet_since = self._quiet_since or time.monotonic()
        else:
            self._quiet_since = None

    def over(self, tracks: Sequence[Track], *, empty: bool) -> bool:
        """Whether nothing more will come, or nothing that is waited for."""
        if not empty or not self.listed:
            return False
        now = time.monotonic()
        running = [track for track in tracks if track.open]
        if self.gone:
            self._finished_at = self._finished_at or now
            return not running or now - self._finished_at > ORPHANS
        if self.finished:
            if not self.relisted or any(track.ending for track in running):
                return False
            return (not running and not self._unstarted) or now - self._finished_at > GRACE
        if running or self._quiet_since is None:
            return False
        return self._done or now - self._quiet_since > GRACE
