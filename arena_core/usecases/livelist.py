"""The jobs of a namespace while they change: all kinds and the pods are watched, and only what something happened to is judged anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from arena_core.contract.errors import ArenaError, KindNotInstalled, PluginError
from arena_core.contract.types import JobHandle, Manifest, Resource
from arena_core.k8s import dig
from arena_core.kube.resources import PODS, ListResult
from arena_core.usecases.asking import ask_each
from arena_core.usecases.facts import unknown
from arena_core.usecases.listing import in_order, judged, outermost
from arena_core.usecases.multiplexer import Changed, Failed, Multiplexer, Plain
from arena_core.usecases.ownership import owner_of, uid_of
from arena_core.usecases.podmap import PodMap
from arena_core.usecases.pods import selectors_of
from arena_core.usecases.session import Session, labels_of_all, not_installed, typed_of
from arena_core.usecases.unread import all_refused, is_partial, phrase, sentence
from arena_core.usecases.views import Job

#: Seconds for which changes are gathered before they are shown: what is seen is never older than a fifth of a second.
SETTLE = 0.05
#: Seconds after which the list comes again without a change: times go on.
TICK = 1.0


class Change(NamedTuple):
    """The whole list as it is now, which of its jobs are new or have changed, and which have gone since the last one.

    ``heard`` is what has come of the pods and of the further kinds that were asked for: at first all of them, as ADDED.
    """

    jobs: tuple[Job, ...]
    changed: tuple[Job, ...] = ()
    gone: tuple[Job, ...] = ()
    notes: tuple[str, ...] = ()
    heard: tuple[Changed, ...] = ()


class LiveList:
    """The jobs of a namespace ("" = all), of one type or all, with these labels.

    ``also`` are further kinds that are read and watched; with them the list goes on even where no kind of job may be read.
    """

    def __init__(
        self, session: Session, *, job_type: str = "", namespace: str = "", selector: str = "", also: Sequence[Resource] = ()
    ) -> None:
        self._session = session
        self._also = also
        self._heard_now: list[Changed] = []
        self._namespace = namespace
        self._selector = selector
        self._type = job_type
        self._found: dict[str, tuple[JobHandle, Manifest]] = {}
        self._inside: dict[str, set[str]] = {}
        self._pods: PodMap | None = PodMap()
        self._rows: dict[str, Job] = {}
        self._unread: dict[str, str] = {}
        self._notes: list[str] = []
        self._handles: dict[str, JobHandle] = {}

    def __iter__(self) -> Iterator[Change]:
        """Yield the list at once, then after each change and after each second without one."""
        versions = self._read()
        further = self._read_further()
        shown = self._update(self._found)
        yield Change(tuple(shown.values()), tuple(shown.values()), (), self._told(), self._take_heard())
        watches = Multiplexer(self._session, self._namespace, Plain())
        try:
            self._watch(watches, versions, further)
            for batch in watches.batches(tick=TICK, settle=SETTLE):
                dirty = [uid for event in batch for uid in self._heard(event)]
                before, shown = shown, self._update(dirty) if dirty else shown
                changed = tuple(job for uid, job in shown.items() if before.get(uid) is not job)
                gone = tuple(job for uid, job in before.items() if uid not in shown)
                yield Change(tuple(shown.values()), changed, gone, self._told(), self._take_heard())
        finally:
            watches.close()

    def _watch(self, watches: Multiplexer, versions: Mapping[str, ListResult], further: Mapping[Resource, ListResult]) -> None:
        for key, listed in versions.items():
            handle, version = self._handles[key], listed.resource_version
            labels = labels_of_all(handle, self._selector)
            watches.watch(key, handle.job_type.resource, label_selector=labels, resource_version=version, known=listed.items)
        for resource, listed in further.items():
            watches.watch(resource.key, resource, resource_version=listed.resource_version, known=listed.items)

    def unread(self, resource: Resource) -> str:
        """Return the phrase for a further kind, or the pods, that cannot be read; empty where it can."""
        return self._unread.get(resource.key, "")

    def _take_heard(self) -> tuple[Changed, ...]:
        heard, self._heard_now = tuple(self._heard_now), []
        return heard

    def _told(self) -> tuple[str, ...]:
        return (*self._notes, *([sentence(self._unread.values())] if self._unread else []))

    def _read(self) -> Mapping[str, ListResult]:
        """Read each kind; by kind what was read, of those that are served and may be read."""
        handles, broken = ([self._session.handle(self._type)], {}) if self._type else self._session.job_types()
        self._notes = [reason.message for reason in broken.values()]
        found: dict[str, ListResult] = {}
        refused: list[ArenaError] = []
        for handle, answer in ask_each(self._session, handles, partial(_list, self._session, self._namespace, self._selector)):
            key = handle.job_type.resource.key
            if isinstance(answer, KindNotInstalled):
                if self._type:
                    raise not_installed(handle, answer) from answer
            elif isinstance(answer, ArenaError):
                refused.append(answer)
                self._unread[handle.job_type.name] = phrase(handle.job_type.resource, answer)
            else:
                found[key], self._handles[key] = answer, handle
                for job in answer.items:
                    self._put(handle, job)
        if refused and not found and not self._also:
            raise all_refused(refused)
        return found

    def _read_further(self) -> Mapping[Resource, ListResult]:
        """Read the pods and what else was asked for, side by side; returns what may be read."""
        wanted = [PODS, *self._also]
        cluster = self._session.cluster
        answers = cluster.gather([partial(cluster.list, one, self._namespace if one.namespaced else "") for one in wanted])
        found: dict[Resource, ListResult] = {}
        for resource, answer in zip(wanted, answers, strict=True):
            if isinstance(answer, ArenaError):
                if not is_partial(answer):
                    raise answer
                self._unread[resource.key] = phrase(resource, answer)
                continue
            found[resource] = answer
            for obj in answer.items:
                self._heard(Changed(resource.key, "ADDED", obj))
        if PODS not in found:
            self._pods = None
        return found

    def _put(self, handle: JobHandle, job: Manifest) -> list[str]:
        """Take a job over; returns whom that concerns: itself, and the job around it."""
        typed = typed_of(self._session, handle, job)
        if typed is None or (self._type and typed.job_type.name != handle.job_type.name):
            return []
        uid, owner = uid_of(job), str(owner_of(job).get("uid") or "")
        self._found[uid] = (typed, job)
        if self._pods is not None:
            try:
                self._pods.job(uid, dig.text(job, "metadata", "namespace"), selectors_of(typed, job))
            except PluginError:
                self._pods.job(uid, "", ())  # told in its row
        if owner:
            self._inside.setdefault(owner, set()).add(uid)
        return [uid, *([owner] if owner in self._found else [])]

    def _heard(self, event: Changed | Failed) -> Iterable[str]:
        """Take an event over; returns the uids of the jobs that it concerns."""
        if isinstance(event, Failed):
            self._unread[str(event.source)] = f"{event.source} (no longer told of changes: {event.error})"
            return []
        source, kind, obj = event
        if self._also and (source == PODS.key or source not in self._handles):
            self._heard_now.append(event)
        if source == PODS.key:
            return self._pod(kind, obj)
        if source not in self._handles:
            return []
        if kind != "DELETED":
            return self._put(self._handles[source], obj)
        uid, owner = uid_of(obj), str(owner_of(obj).get("uid") or "")
        self._found.pop(uid, None)
        self._inside.get(owner, set()).discard(uid)
        if self._pods is not None:
            self._pods.no_job(uid)
        return [uid, owner]

    def _pod(self, kind: str, pod: Manifest) -> Iterable[str]:
        return self._pods.pod(pod, gone=kind == "DELETED") if self._pods is not None else ()

    def _update(self, dirty: Iterable[str]) -> dict[str, Job]:
        """Judge the jobs anew that something has happened to; returns all that are shown, in the order of the list."""
        known = {uid: job for uid, (_, job) in self._found.items()}
        for uid in set(dirty):
            if uid in self._found:
                self._rows[uid] = self._judge(uid, known)
            else:
                self._rows.pop(uid, None)
        kept = outermost(self._session, list(self._found.values()), self._unread)
        rows = [self._rows[uid_of(job)] for _, job in kept if uid_of(job) in self._rows]
        return {job.uid: job for job in in_order(rows)}

    def _judge(self, uid: str, known: Mapping[str, Manifest]) -> Job:
        handle, job = self._found[uid]
        inside = [known[inner] for inner in self._inside.get(uid, ()) if inner in known]
        if self._pods is None:
            return judged(handle, job, None, known, inside or None, [self._unread[PODS.key]])
        try:
            selectors_of(handle, job)
        except PluginError as error:
            return unknown(handle, job, error)
        return judged(handle, job, self._pods.of(uid), known, inside or None)


def _list(session: Session, namespace: str, selector: str, handle: JobHandle) -> ListResult:
    return session.cluster.list(handle.job_type.resource, namespace, label_selector=labels_of_all(handle, selector))


def live_list(session: Session, *, job_type: str = "", namespace: str = "", selector: str = "") -> Iterator[Change]:
    """Return the list while it changes; see ``LiveList``."""
    return iter(LiveList(session, job_type=job_type, namespace=namespace, selector=selector))
