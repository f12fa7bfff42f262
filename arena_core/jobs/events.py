"""Kubernetes events of a job, its pods and what belongs to it."""

from __future__ import annotations

from arena_core.jobs import incidents
from arena_core.jobs.session import Session
from arena_core.jobs.views import Job
from arena_core.kube.resources import EVENTS
from arena_core.types import Manifest


def events_of(session: Session, job: Job) -> list[Manifest]:
    """Return the events of the job's objects, also of an earlier run's, oldest first. One request: they are sifted here."""
    return incidents.of_job(job, session.cluster.list(EVENTS, job.namespace).items)
