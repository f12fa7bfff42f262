"""Kubernetes events of a job, its pods and what belongs to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arena_core.jobs.marks import metadata_of
from arena_core.jobs.session import Session
from arena_core.jobs.views import Job
from arena_core.kube.resources import EVENTS
from arena_core.types import Manifest


def events_of(session: Session, job: Job) -> list[Manifest]:
    """Return the events of the job's objects, oldest first. One request: the namespace's events are sifted here."""
    uids = {_uid(obj) for obj in (job.manifest, *job.pods, *job.related)} - {""}
    found = session.cluster.list(EVENTS, job.namespace).items
    return sorted((e for e in found if (e.get("involvedObject") or {}).get("uid") in uids), key=time_of)


def _uid(obj: Manifest) -> str:
    return str(metadata_of(obj).get("uid") or "")


def time_of(event: Manifest) -> str:
    """Return when an event was last seen; different writers use different fields."""
    series: dict[str, Any] = event.get("series") or {}
    times: Iterable[Any] = (
        series.get("lastObservedTime"),
        event.get("lastTimestamp"),
        event.get("eventTime"),
        event.get("firstTimestamp"),
        metadata_of(event).get("creationTimestamp"),
    )
    return str(next((t for t in times if t), ""))
