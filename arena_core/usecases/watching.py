"""The states of one job as they come: its object, its pods and a job inside are watched, what is related is read when one has changed."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import JobHandle, Manifest, Resource
from arena_core.kube.resources import PODS, ListResult
from arena_core.kube.transport import Stream
from arena_core.usecases.facts import list_pods, related_of, view, wrapped
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.ownership import Owners, uid_of
from arena_core.usecases.pods import selector_of
from arena_core.usecases.session import Session
from arena_core.usecases.unread import is_partial, phrase
from arena_core.usecases.views import Job


class States:
    """The facts about a job while they change. ``deadline`` (``time.monotonic()``) ends the iteration."""

    def __init__(self, session: Session, handle: JobHandle, job: Manifest, deadline: float | None) -> None:
        self._session = session
        self._handle = handle
        self._job = job
        self._deadline = deadline
        self._pods: dict[str, Manifest] = {}
        self._listed: ListResult | None = None
        self._related: Sequence[Manifest] | None = None
        self._unread: list[str] = []
        self._unread_pods: list[str] = []
        self._owners = Owners(session.cluster, job)
        #: Whether a watch tells of changes of the pods; without the right to it they are read again when the job changes.
        self._live = True

    def __iter__(self) -> Iterator[Job | None]:
        """Yield the job as it is, then at each change of its status; None when it is gone. What cannot be read is left out."""
        self._read_pods()
        last = self._judge(related=True)
        yield last
        for source, kind, found in self._events():
            if source == "job":
                if kind == "DELETED" or uid_of(found) != uid_of(self._job):
                    yield None
                    return
                self._job = found
                if not self._live:
                    self._read_pods()
            elif source == "pod":
                self._changed(kind, found)
            if source == "inside" or self._judge().status != last.status:
                job = self._judge(related=True)
                if job.status != last.status:
                    last = job
                    yield last

    def _changed(self, kind: str, pod: Any) -> None:
        if kind == "LOST":
            self._live = False
        elif kind == "DELETED":
            self._pods.pop(uid_of(pod), None)
        else:
            self._pods[uid_of(pod)] = pod

    def _judge(self, *, related: bool = False) -> Job:
        if related:
            self._related, self._unread = related_of(self._session, self._handle, self._job)
            self._owners.learn(self._related)
        if self._listed is None:
            return view(self._handle, self._job, None, self._related, unread=[*self._unread, *self._unread_pods])
        mine, earlier = self._owners.split(self._pods.values())
        unread = [*self._unread, *self._owners.unread]
        return view(self._handle, self._job, mine, self._related, earlier=earlier, unread=unread)

    def _read_pods(self) -> None:
        try:
            self._listed = list_pods(self._session, self._handle, self._job)
        except ArenaError as error:
            if not is_partial(error):
                raise
            self._unread_pods = [phrase(PODS, error)]
        else:
            self._pods = {uid_of(pod): pod for pod in self._listed.items}

    def _events(self) -> Iterator[tuple[str, str, Any]]:
        """Yield (job | pod | inside, kind of event, object) from watches that run side by side."""
        metadata = metadata_of(self._job)
        both = Watches(self._session, str(metadata.get("namespace", "")), self._deadline)
        both.add(
            "job",
            self._handle.job_type.resource,
            field_selector=f"metadata.name={metadata.get('name')}",
            resource_version=str(metadata.get("resourceVersion", "")),
            known=[self._job],
        )
        labels = self._handle.job_type.pod_labels(self._job)
        if self._listed is not None and labels:
            version = self._listed.resource_version
            both.add("pod", PODS, label_selector=selector_of(labels), resource_version=version, known=self._listed.items)
        if inside := wrapped(self._handle, self._job):
            both.add("inside", inside.resource, label_selector=inside.label_selector)
        yield from both.events()


class Watches:
    """Watches in threads, their events in one queue. The threads end with the iteration."""

    def __init__(self, session: Session, namespace: str, deadline: float | None) -> None:
        self._cluster = session.cluster
        self._namespace = namespace
        self._deadline = deadline
        self._queue: queue.SimpleQueue[tuple[str, str, Any]] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._streams: dict[str, Stream] = {}
        self._running = 0

    def add(self, source: str, resource: Resource, **options: Any) -> None:
        """Start one watch."""
        self._running += 1
        threading.Thread(target=self._watch, args=(source, resource, options), name=f"arena-watch-{source}", daemon=True).start()

    def _watch(self, source: str, resource: Resource, options: dict[str, Any]) -> None:
        try:
            for kind, obj in self._cluster.watch(
                resource,
                self._namespace,
                timeout=None if self._deadline is None else max(0.0, self._deadline - time.monotonic()),
                stop=self._stopped.is_set,
                opened=lambda stream: self._streams.__setitem__(source, stream),
                **options,
            ):
                self._queue.put((source, kind, obj))
                if self._stopped.is_set():
                    return
            self._queue.put(("end", source, None))
        except Exception as error:  # handed to the waiting thread
            self._queue.put(("error", source, error))

    def events(self) -> Iterator[tuple[str, str, Any]]:
        """Yield (source, kind, object) from all watches; (source, "LOST", error) for one that may not be, but that of the job."""
        for batch in self.batches(None, 0):
            yield from batch

    def batches(self, tick: float | None, settle: float) -> Iterator[list[tuple[str, str, Any]]]:
        """Yield what has happened: after the first event those of the next ``settle`` seconds, too; nothing after ``tick`` seconds."""
        scope = self._cluster.scope
        let_go = scope.hold(lambda: self._queue.put(("wake", "", None)))
        try:
            while self._running:
                found = self._gathered(tick, settle)
                scope.check()
                yield [told for event in found for told in self._told(event)]
        finally:
            let_go()
            self._stopped.set()
            for stream in list(self._streams.values()):
                stream.close()

    def _gathered(self, tick: float | None, settle: float) -> list[tuple[str, str, Any]]:
        try:
            found = [self._queue.get(timeout=tick)]
        except queue.Empty:
            return []
        if settle:
            self._cluster.scope.sleep(settle)
            while not self._queue.empty():
                found.append(self._queue.get())
        return found

    def _told(self, event: tuple[str, str, Any]) -> Iterator[tuple[str, str, Any]]:
        source, kind, obj = event
        if source not in ("end", "error"):
            yield event
            return
        self._running -= 1
        if source == "error":
            if kind == "job" or not is_partial(obj):
                raise obj
            yield kind, "LOST", obj
