"""The end of a job is told to the extensions once, however often it is waited for."""

from __future__ import annotations

from arena_core.usecases import cache, remember
from arena_core.usecases.session import Session
from arena_core.usecases.views import Job

#: So many ended jobs are remembered, the newest.
_KEPT = 1000
_FILE = "finished.json"


def tell_finished(session: Session, job: Job) -> None:
    """Note the end of a job, and tell the extensions of it, unless this user's commands have told them already."""
    remember.seen(session, [job], whole=True)
    if session.extensions is None or job.uid in session.told:
        return
    kept = cache.load(_FILE)
    known = [str(uid) for uid in kept] if isinstance(kept, list) else []
    session.told.add(job.uid)
    if job.uid in known:
        return
    session.extensions.job_finished(job.manifest, job.status, session.target(job.namespace))
    cache.save(_FILE, [*known, job.uid][-_KEPT:])
