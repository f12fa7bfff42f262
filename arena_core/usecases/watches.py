"""The watches of a follower: the job and its pods, told through the spool."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from arena_core.contract.errors import ArenaError, NotFound
from arena_core.contract.types import JobHandle, Manifest
from arena_core.k8s import dig
from arena_core.kube.resources import PODS
from arena_core.kube.transport import Stream
from arena_core.usecases.pods import selector_of
from arena_core.usecases.session import Session
from arena_core.usecases.spool import Spool
from arena_core.usecases.track import Told, start


class Watches:
    """Two threads: ``job`` with each state of the object, ``pods`` with all of them once, ``pod`` with each change."""

    def __init__(self, session: Session, handle: JobHandle, job: Manifest, spool: Spool) -> None:
        self._cluster = session.cluster
        self._resource = handle.job_type.resource
        self._job = job
        self._namespace = dig.text(job, "metadata", "namespace")
        self._labels = handle.job_type.pod_labels(job)
        self._spool = spool
        self._stopped = threading.Event()
        self._streams: dict[str, Stream] = {}

    def start(self) -> None:
        """Begin to watch."""
        if not self._labels:
            raise NotFound(
                f"the instances of {dig.text(self._job, 'metadata', 'name')} cannot be told from others: it has no labels for them"
            )
        start(self._guarded(self._watch_job), "watch-job")
        start(self._guarded(self._watch_pods), "watch-pods")

    def relist(self) -> None:
        """List the pods once more: after the end of the job none is made."""
        start(self._guarded(lambda: self._spool.put(Told("pods", True, self._list().items))), "list-pods")

    def stop(self) -> None:
        """End the watches."""
        self._stopped.set()
        for stream in list(self._streams.values()):
            stream.close()

    def _list(self) -> Any:
        return self._cluster.list(PODS, self._namespace, label_selector=selector_of(self._labels))

    def _watch_job(self) -> None:
        name, version = (dig.text(self._job, "metadata", key) for key in ("name", "resourceVersion"))
        # The state that we have counts, too.
        self._spool.put(Told("job", "MODIFIED", self._job))
        self._watch("job", self._resource, field_selector=f"metadata.name={name}", resource_version=version, known=[self._job])

    def _watch_pods(self) -> None:
        listed = self._list()
        self._spool.put(Told("pods", False, listed.items))
        selector = selector_of(self._labels)
        self._watch("pod", PODS, label_selector=selector, resource_version=listed.resource_version, known=listed.items)

    def _watch(self, kind: str, resource: Any, **options: Any) -> None:
        def opened(stream: Stream) -> None:
            self._streams[kind] = stream
            if self._stopped.is_set():
                stream.close()

        for what, obj in self._cluster.watch(resource, self._namespace, stop=self._stopped.is_set, opened=opened, **options):
            if self._stopped.is_set():
                return
            self._spool.put(Told(kind, what, obj))

    def _guarded(self, work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except ArenaError as error:
                if not self._stopped.is_set():
                    self._spool.put(Told("error", None, error))
            except Exception as error:  # handed to the reading thread
                self._spool.put(Told("error", None, error))

        return run
