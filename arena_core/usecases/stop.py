"""``stop``: a job no longer runs. It is suspended where that is possible and lasts, else deleted."""

from __future__ import annotations

from typing import NamedTuple

from arena_core.contract.errors import ArenaError
from arena_core.usecases.change import has_switch, suspend
from arena_core.usecases.delete import Deletion, Target, delete_jobs
from arena_core.usecases.facts import read
from arena_core.usecases.find import find_this
from arena_core.usecases.session import Session
from arena_core.usecases.spoken import an
from arena_core.usecases.views import Job


class Stopped(NamedTuple):
    """What was done: ``how`` is suspended, deleted or ended (it had ended already); ``why`` says why it was not suspended."""

    job: Job
    how: str
    why: str = ""


def stop(session: Session, name: str, deletion: Deletion, *, job_type: str = "", uid: str = "", suspend_only: bool = False) -> Stopped:
    """Stop a job; with ``suspend_only`` one that cannot be suspended is left alone, and that is an error."""
    handle, obj, unread = find_this(session, name, job_type, deletion.namespace, uid)
    job = read(session, handle, obj, unread)
    if job.status.phase.finished:
        return Stopped(job, "ended")
    own = handle.job_type
    why = own.suspend_check(obj) if has_switch(own) else f"{an(own.name)} cannot be suspended"
    if not why:
        found = suspend(session, job.name, True, job_type=own.name, namespace=job.namespace, uid=job.uid)
        return Stopped(found, "suspended")
    if suspend_only:
        raise ArenaError(f"{job.name} is left as it is: {why}", f"`arena stop {job.name}` without --suspend deletes it")
    [result] = delete_jobs(session, [Target(job.name, own.name, job.namespace, job.uid)], deletion)
    if isinstance(result.error, ArenaError):
        raise result.error
    return Stopped(job, "deleted", why)
