"""Kubernetes events of a job, its pods and what belongs to it."""

from __future__ import annotations

from arena_core.contract.types import Manifest
from arena_core.kube.resources import EVENTS
from arena_core.usecases import incidents
from arena_core.usecases.session import Session
from arena_core.usecases.views import Job


def events_of(session: Session, job: Job) -> list[Manifest]:
    """Return the events of the job's objects, also of an earlier run's, oldest first. One request: they are sifted here."""
    return incidents.of_job(job, session.cluster.list(EVENTS, job.namespace).items)
