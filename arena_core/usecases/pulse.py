"""When to look again: kinds are watched, and whoever shows them is told that something has changed, not what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from arena_core.contract.errors import ArenaError, PermissionDenied
from arena_core.contract.types import Resource
from arena_core.kube.resources import NODES, PODS
from arena_core.registry.queues import queue_systems
from arena_core.usecases.multiplexer import Changed, Multiplexer, Plain
from arena_core.usecases.pods import selectors_of
from arena_core.usecases.session import Session
from arena_core.usecases.views import Job

#: Seconds for which changes are gathered before somebody looks.
SETTLE = 0.05


class Watched(NamedTuple):
    """Objects of a kind whose changes count."""

    resource: Resource
    label_selector: str = ""
    field_selector: str = ""


def of_job(session: Session, job: Job) -> list[Watched]:
    """What tells of a job: its object and its pods."""
    handle = session.jobs.get(job.job_type)
    pods = [Watched(PODS, text) for text in selectors_of(handle, job.manifest)]
    return [Watched(handle.job_type.resource, "", f"metadata.name={job.name}"), *pods]


def of_queues() -> list[Watched]:
    """What tells of the queues: the kinds that the queueing systems read."""
    return [Watched(kind) for system in queue_systems() for kind in system.KINDS]


def of_nodes() -> list[Watched]:
    """What tells of the nodes and of who holds them."""
    return [Watched(NODES), Watched(PODS)]


def of_pods() -> list[Watched]:
    """What tells of who holds something."""
    return [Watched(PODS)]


def pulse(session: Session, watched: Sequence[Watched], namespace: str, tick: float) -> Iterator[None]:
    """Yield at once, soon after each change, and after ``tick`` seconds without one.

    With an empty namespace changes of all namespaces count, or of the session's own where those of all may not be watched. What may
    not be watched at all is looked at with each tick.
    """
    where, versions = _versions(session, watched, namespace)
    watches = Multiplexer(session, where, Plain())
    try:
        yield
        for number, (one, version) in enumerate(zip(watched, versions, strict=True)):
            if version:
                selectors = {"label_selector": one.label_selector, "field_selector": one.field_selector}
                watches.watch(f"{one.resource.key} {number}", one.resource, **selectors, resource_version=version)
        for batch in watches.batches(tick=tick, settle=SETTLE):
            if not batch or any(isinstance(event, Changed) for event in batch):
                yield
    finally:
        watches.close()
    while True:
        session.cluster.scope.sleep(tick)
        yield


def _versions(session: Session, watched: Sequence[Watched], namespace: str) -> tuple[str, list[str]]:
    """Return where to watch, and since when; an empty text for a kind that cannot be read."""

    def ask(where: str) -> Sequence[str | ArenaError]:
        return session.cluster.gather([partial(session.cluster.version_of, one.resource, where) for one in watched])

    found = ask(namespace)
    if not namespace and any(isinstance(version, PermissionDenied) for version in found):
        namespace = session.namespace
        found = ask(namespace)
    return namespace, ["" if isinstance(version, ArenaError) else version for version in found]
