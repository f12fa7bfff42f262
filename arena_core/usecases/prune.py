"""``prune``: the jobs that have ended long enough ago go."""

from __future__ import annotations

from typing import NamedTuple

from arena_core.contract.errors import UsageError
from arena_core.k8s import time
from arena_core.usecases.delete import Deletion, Target, delete_jobs
from arena_core.usecases.listing import list_jobs
from arena_core.usecases.session import Session
from arena_core.usecases.views import Deleted, Job


class Pruned(NamedTuple):
    """What a pruning has found and done: ``results`` are those of ``jobs``, none in a dry run.

    ``timeless`` have ended, and nobody knows when; ``notes`` say what could not be read.
    """

    jobs: tuple[Job, ...]
    results: tuple[Deleted, ...] = ()
    timeless: tuple[Job, ...] = ()
    notes: tuple[str, ...] = ()


def prune(session: Session, seconds: float, deletion: Deletion, *, job_type: str = "", selector: str = "", dry_run: bool = False) -> Pruned:
    """Delete the jobs that ended at least so many seconds ago; those that wait, run or are not understood stay."""
    if seconds < 0:
        raise UsageError(f"a time that has passed is not negative: {seconds:g}")
    listing = list_jobs(session, job_type=job_type, namespace=deletion.namespace, selector=selector)
    ended = [job for job in listing.jobs if job.status.phase.finished]
    old = tuple(job for job in ended if job.status.end and time.seconds_between(job.status.end) >= seconds)
    timeless = tuple(job for job in ended if not job.status.end)
    if dry_run:
        return Pruned(old, (), timeless, listing.notes)
    targets = [Target(job.name, job.job_type, job.namespace, job.uid) for job in old]
    return Pruned(old, tuple(delete_jobs(session, targets, deletion)), timeless, listing.notes)
