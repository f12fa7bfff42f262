"""The error of a job that failed, for whoever waited for it: the culprit first, then what its operator says."""

from __future__ import annotations

from arena_core.contract.errors import JobFailed
from arena_core.contract.types import Cause, Rank
from arena_core.usecases.explain import causes_of, next_step, with_events
from arena_core.usecases.lastlines import last_lines
from arena_core.usecases.lookup import ClusterLookup
from arena_core.usecases.session import Session
from arena_core.usecases.spoken import about
from arena_core.usecases.views import Job

#: The events that tell of an instance which is gone already may come a moment after the end of its job.
_PAUSES = (0.0, 0.3, 0.7)


def failure(session: Session, job: Job) -> JobFailed:
    """Return the error for a failed job: the same first sentence as `why`, then the operator's own summary."""
    causes = _causes(session, job)
    first = causes[0] if causes else None
    own = next((c.message for c in causes[1:] if c.rank is Rank.INFO and c.reason != "Unread"), "")
    why = "; ".join(p for p in (first.message if first else job.status.message, own) if p) or "no reason is given"
    hint = f"{about(job, 'why')} says more"
    error = JobFailed(f"{job.job_type} {job.name} failed: {why}")
    error.job = job.name
    if first and first.rank is Rank.FAILED and first.object.startswith("pod/"):
        pod = first.object.removeprefix("pod/")
        hint = next_step(session, job, pod) or hint
        member = next((one for one in job.status.instances if one.name == pod), None)
        error.instance = member.short_name if member else pod
        error.instance_exit_code = member.exit_code if member else None
        error.reason = first.reason
        # Its pod may be gone in a moment, and on most clusters the log with it.
        error.last_lines = last_lines(session, job, pod).lines
    error.hint = hint
    return error


def _causes(session: Session, job: Job) -> list[Cause]:
    found = list(job.causes or ())
    for pause in _PAUSES:
        if any(c.rank <= Rank.FAILED for c in found):
            break
        session.cluster.scope.sleep(pause)
        seen, events = with_events(session, job)
        found = causes_of(session, seen, events, ClusterLookup(session, job.namespace, job.unread))
    return found
