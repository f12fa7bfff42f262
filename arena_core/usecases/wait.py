"""``wait``: until a job has reached a state. It watches; nothing is asked again and again."""

from __future__ import annotations

import time
from collections.abc import Callable

from arena_core.contract.errors import ArenaError, NotFound, PermissionDenied, TimedOut, UsageError
from arena_core.contract.types import JobHandle, Phase
from arena_core.records import replace
from arena_core.usecases import remember
from arena_core.usecases.explain import reasoned
from arena_core.usecases.facts import read
from arena_core.usecases.failed import failure
from arena_core.usecases.find import NotProven, find_this
from arena_core.usecases.session import Session
from arena_core.usecases.spoken import an
from arena_core.usecases.told import tell_finished
from arena_core.usecases.views import Job
from arena_core.usecases.watching import States

GOALS = ("succeeded", "finished", "running", "ready", "failed", "deleted")


def wait_for(
    session: Session,
    name: str,
    goal: str = "",
    *,
    job_type: str = "",
    namespace: str = "",
    timeout: float | None = None,
    on_change: Callable[[Job], None] | None = None,
    uid: str = "",
) -> Job | None:
    """Return the job when it has reached the goal (None for ``deleted``): by default its end, for a service that it is ready.

    When the job fails, every goal but ``failed`` raises ``JobFailed``; a goal that can no longer be reached is an error at once, a
    job that vanishes is ``NotFound``, and after ``timeout`` seconds it is ``TimedOut``. ``on_change`` is called with each new state.
    With ``uid`` that very job is meant: one that has its name now is another.
    """
    if goal and goal not in GOALS:
        raise UsageError(f"cannot wait for {goal!r}", f"one of {', '.join(GOALS)}")
    namespace = namespace or session.namespace
    deadline = None if timeout is None else time.monotonic() + timeout
    session = replace(session, cluster=session.cluster.limited(deadline))
    try:
        handle, obj, _ = find_this(session, name, job_type, namespace, uid)
    except NotProven as error:
        if goal != "deleted":
            raise
        what = f"it cannot be told whether {name} is gone: {', '.join(error.unread)} cannot be read"
        raise PermissionDenied(what, "with --type only that type is looked at") from error
    except NotFound:
        if goal == "deleted":
            return None
        raise
    goal = _goal_of(handle, goal)
    last: Job | None = None
    try:
        for job in States(session, handle, obj, deadline):
            if job is None:
                if goal == "deleted":
                    return None
                raise NotFound(f"{handle.job_type.name} {name} was deleted while it was waited for")
            there = goal != "deleted" and _reached(job, goal)
            last = job if there or goal == "deleted" else reasoned(session, job)
            remember.seen(session, [last])
            if on_change is not None:
                on_change(last)
            if there and (ended := _end(session, handle, last, goal)):
                return ended
    except TimedOut:
        pass  # the server did not answer in time: what is known has to do
    state = _state_of(last) if last is not None else ""
    raise TimedOut(f"{handle.job_type.name} {name} is not {goal} after {timeout or 0.0:g} s{state}", f"`arena get {name}` shows more")


def _goal_of(handle: JobHandle, goal: str) -> str:
    """Return the goal that is meant; raise where jobs of this type never come to it."""
    own = handle.job_type
    service = own.workload == "service"
    if not goal:
        return {"service": "ready", "schedule": "running"}.get(own.workload, "finished")
    if goal == "ready" and own.workload == "schedule":
        raise UsageError(f"{an(own.name)} is never ready: it makes jobs", "wait with --for running")
    if goal == "ready" and not service:
        raise UsageError(f"{own.name} jobs are never ready: they run and end", "wait with --for running")
    if goal in ("finished", "succeeded") and own.workload == "schedule":
        raise UsageError(f"{an(own.name)} makes jobs and does not end by itself", "wait with --for running, or --for deleted")
    if goal in ("finished", "succeeded") and service:
        raise UsageError(f"{an(own.name)} serves and does not end by itself", "wait with --for ready, or --for deleted")
    return goal


def _state_of(job: Job) -> str:
    because = f" ({job.status.message})" if job.status.message else ""
    return f": it is {job.status.phase}{because}"


def _reached(job: Job, goal: str) -> bool:
    phase = job.status.phase
    if phase is Phase.FAILED:
        return True
    if goal == "ready":
        return phase is Phase.READY
    if goal == "running":
        return phase.runs or phase is Phase.SUCCEEDED
    if phase is Phase.SUCCEEDED:
        if goal == "failed":
            raise ArenaError(f"{job.job_type} {job.name} has succeeded and will not fail")
        return True
    return False


def _end(session: Session, handle: JobHandle, job: Job, goal: str) -> Job | None:
    """Return the job that has come to the goal, or raise that it has failed; the extensions are told of an end.

    None where it has not ended after all: what was watched of its parts did not belong to one moment.
    """
    if not job.status.phase.finished:
        return job
    try:
        # The pods' own ends may come a moment after the job's.
        job = reasoned(session, read(session, handle, job.manifest))
    except ArenaError:
        pass  # what the watch showed has to do
    if not job.status.phase.finished:
        return None
    tell_finished(session, job)
    if job.status.phase is Phase.FAILED and goal != "failed":
        raise failure(session, job)
    return job
