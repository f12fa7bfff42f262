"""Kubernetes events of a job, its pods and what belongs to it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence

from arena_core.contract.errors import NotFound
from arena_core.contract.types import Manifest
from arena_core.kube.resources import EVENTS
from arena_core.usecases import incidents
from arena_core.usecases.facts import read
from arena_core.usecases.ownership import uid_of
from arena_core.usecases.session import Session
from arena_core.usecases.views import Job

#: Seconds after which the job is read anew while unknown events come: its pods may be new.
_ANEW = 1.0


def watch_events(session: Session, job: Job) -> Iterator[Manifest]:
    """Yield the events of the job's objects, those that are there first, then each as it comes or happens again."""
    handle = session.jobs.get(job.job_type)
    listed = session.cluster.list(EVENTS, job.namespace)
    every = {uid_of(event): event for event in listed.items}
    told: dict[str, str] = {}
    looked = time.monotonic()
    yield from _new(incidents.of_job(job, list(every.values())), told)
    for kind, event in session.cluster.watch(EVENTS, job.namespace, resource_version=listed.resource_version, known=listed.items):
        if kind == "DELETED":
            every.pop(uid_of(event), None)
            continue
        every[uid_of(event)] = event
        if time.monotonic() - looked >= _ANEW:
            looked = time.monotonic()
            with contextlib.suppress(NotFound):
                fresh = session.cluster.get(handle.job_type.resource, job.namespace, job.name)
                job = read(session, handle, fresh) if uid_of(fresh) == job.uid else job
        yield from _new(incidents.of_job(job, list(every.values())), told)


def _new(events: Sequence[Manifest], told: dict[str, str]) -> Iterator[Manifest]:
    for event in events:
        if told.get(uid_of(event)) != incidents.last_seen(event):
            told[uid_of(event)] = incidents.last_seen(event)
            yield event


def events_of(session: Session, job: Job) -> list[Manifest]:
    """Return the events of the job's objects, also of an earlier run's, oldest first. One request: they are sifted here."""
    return incidents.of_job(job, session.cluster.list(EVENTS, job.namespace).items)
