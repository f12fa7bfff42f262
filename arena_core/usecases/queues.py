"""Queues: what may be used, who uses it, who waits; and at which place a job stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from arena_core.contract.errors import ArenaError, KindNotInstalled, NotFound
from arena_core.contract.queues import Queue, Queued, QueueSystem
from arena_core.contract.types import Jobs, Manifest, Resource
from arena_core.registry.queues import queue_systems
from arena_core.typed import NamedTuple
from arena_core.usecases.session import Session
from arena_core.usecases.unread import is_partial, phrase, sentence
from arena_core.usecases.views import Job


class QueueBoard(NamedTuple):
    """Queues by system and name; ``whole`` whether jobs of all namespaces were read, ``notes`` sentences about what was not."""

    queues: tuple[Queue, ...] = ()
    whole: bool = True
    notes: tuple[str, ...] = ()


class Place(NamedTuple):
    """Where a job stands: at ``place`` of ``length`` in ``queue``, and among all who want that quota (None where not all can be read)."""

    queue: str
    place: int
    length: int
    overall: int | None = None

    def __str__(self) -> str:
        return f"{self.place} of {self.length}"


class _Read(NamedTuple):
    """What could be read of one system: objects by kind, whether of all namespaces, what could not be read."""

    objects: dict[str, Sequence[Manifest] | None]
    whole: bool
    unread: dict[str, str]
    served: bool


def list_queues(session: Session, namespace: str = "", name: str = "") -> QueueBoard:
    """Return the queues that jobs of a namespace ("" = all) can name, and those without a namespace; with a name only that.

    Jobs of other namespaces wait in the same line: they are read where that is allowed. Raises ``NotFound`` for a name that no queue
    has, ``KindNotInstalled`` where there is no queueing system.
    """
    systems = queue_systems()
    read = [_read(session, system, namespace or session.namespace) for system in systems]
    if not any(one.served for one in read):
        names = " nor ".join(system.SYSTEM for system in systems)
        raise KindNotInstalled(f"this cluster has no queues: neither {names} is installed", "jobs start when the scheduler finds room")
    found: list[Queue] = []
    unread: dict[str, str] = {}
    for system, one in zip(systems, read, strict=True):
        found += system.queues(one.objects, one.whole)
        unread |= one.unread if one.served else {}
    shown = [q for q in found if not namespace or q.namespace in ("", namespace)]
    if name:
        shown = [q for q in shown if q.name == name]
        if not shown:
            raise _missing(name, namespace, unread)
    notes = (sentence(unread.values()),) if unread else ()
    return QueueBoard(tuple(sorted(shown, key=lambda q: (q.system, q.namespace, q.name))), all(one.whole for one in read), notes)


def _missing(name: str, namespace: str, unread: Mapping[str, str]) -> ArenaError:
    where = f" in namespace {namespace}" if namespace else ""
    hint = sentence(unread.values()) or "`arena queue` shows the queues"
    return NotFound(f"there is no queue {name}{where}" + (" among those that can be read" if unread else ""), hint)


def _read(session: Session, system: QueueSystem, namespace: str) -> _Read:
    """Read a system's objects, of all namespaces where that is allowed, side by side."""
    kinds = system.KINDS
    objects: dict[str, Sequence[Manifest] | None] = {kind.key: None for kind in kinds}
    unread: dict[str, str] = {}
    whole, served = True, False
    answers: Sequence[Sequence[Manifest] | ArenaError] = session.cluster.gather([partial(_list, session, kind) for kind in kinds])
    for kind, answer in zip(kinds, answers, strict=True):
        if isinstance(answer, ArenaError) and kind.namespaced and not isinstance(answer, KindNotInstalled):
            whole = False
            _partial(answer)
            unread[f"{kind.key} of other namespaces"] = phrase(kind, answer).replace(" (", " of other namespaces (", 1)
            answer = _own(session, kind, namespace)
        if isinstance(answer, KindNotInstalled):
            continue
        served = served or kind is kinds[0]
        if isinstance(answer, ArenaError):
            _partial(answer)
            unread.pop(f"{kind.key} of other namespaces", None)
            unread[kind.key] = phrase(kind, answer)
        else:
            objects[kind.key] = answer
    return _Read(objects, whole, unread, served)


def _list(session: Session, kind: Resource, namespace: str = "") -> Sequence[Manifest]:
    return session.cluster.list(kind, namespace).items


def _own(session: Session, kind: Resource, namespace: str) -> Sequence[Manifest] | ArenaError:
    try:
        return _list(session, kind, namespace)
    except ArenaError as error:
        return error


def _partial(error: ArenaError) -> None:
    if not is_partial(error):
        raise error


def places(session: Session, jobs: Sequence[Job], namespace: str) -> Mapping[str, Place]:
    """Return by uid where the jobs that wait stand in their queues: one list for each kind of entry, none where nobody waits."""
    if not jobs:
        return {}
    found: dict[str, Place] = {}
    wanted = {job.uid for job in jobs}
    for system in queue_systems():
        objects: dict[str, Sequence[Manifest] | None] = {}
        for kind in system.KINDS:
            try:
                objects[kind.key] = session.cluster.list(kind, namespace).items
            except KindNotInstalled:
                break
            except ArenaError as error:
                _partial(error)
        for queue in system.queues(objects, not namespace):
            for one in queue.waiting:
                if (uid := one.owner.get("uid", "")) and one.place:
                    found[uid] = Place(queue.name, one.place, len(queue.waiting), one.overall)
    return {uid: place for uid, place in found.items() if uid in wanted}


def place_of(session: Session, job: Job) -> tuple[str, Place | None]:
    """Return the queue of a job, as its related objects tell, and where it stands in it if it waits; asks only then."""
    queue = next((name for system in queue_systems() if (name := system.queue_of(job.related))), "")
    if not queue or job.status.phase.runs or job.status.phase.finished:
        return queue, None
    return queue, places(session, [job], job.namespace).get(job.uid)


def owner_type(jobs: Jobs, one: Queued) -> str:
    """Return the job type of who stands in a queue, or its kind where no installed type is of it."""
    handle = jobs.for_object(one.owner) if one.owner else None
    return handle.job_type.name if handle else one.owner.get("kind", "").lower()
