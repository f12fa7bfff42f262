"""The error of a job that failed, for whoever waited for it: the culprit first, then what its operator says."""

from __future__ import annotations

import time

from arena_core.contract.errors import JobFailed
from arena_core.contract.types import Cause, Rank
from arena_core.usecases.explain import causes_of, logs_hint, with_events
from arena_core.usecases.lastlines import last_lines
from arena_core.usecases.lookup import ClusterLookup
from arena_core.usecases.session import Session
from arena_core.usecases.views import Job

#: The events that tell of an instance which is gone already may come a moment after the end of its job.
_PAUSES = (0.0, 0.3, 0.7)


def failure(session: Session, job: Job) -> JobFailed:
    """Return the error for a failed job: the same first sentence as `why`, then the operator's own summary."""
    causes = _causes(session, job)
    first = causes[0] if causes else None
    own = next((c.message for c in causes[1:] if c.rank is Rank.INFO and c.reason != "Unread"), "")
    why = "; ".join(p for p in (first.message if first else job.status.message, own) if p) or "no reason is given"
    hint = f"`arena why {job.name}` says more"
    lines: tuple[str, ...] = ()
    if first and first.rank is Rank.FAILED and first.object.startswith("pod/"):
        pod = first.object.removeprefix("pod/")
        hint = logs_hint(job, pod) or hint
        # Its pod may be gone in a moment, and on most clusters the log with it.
        lines = last_lines(session, job, pod).lines
    error = JobFailed(f"{job.job_type} {job.name} failed: {why}", hint)
    error.last_lines = lines
    return error


def _causes(session: Session, job: Job) -> list[Cause]:
    found = list(job.causes or ())
    for pause in _PAUSES:
        if any(c.rank <= Rank.FAILED for c in found):
            break
        time.sleep(pause)
        seen, events = with_events(session, job)
        found = causes_of(session, seen, events, ClusterLookup(session, job.namespace, job.unread))
    return found
