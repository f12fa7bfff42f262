"""``logs -f``: follow one instance or all, also those that start later, until nothing more will come."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from arena_core.errors import ArenaError, NotFound, UsageError
from arena_core.jobs.facts import view
from arena_core.jobs.marks import metadata_of
from arena_core.jobs.ownership import Owners
from arena_core.jobs.pods import selector_of
from arena_core.jobs.session import Session
from arena_core.jobs.sources import LogRequest, choose
from arena_core.jobs.templates import is_foreign_init, own_init_containers
from arena_core.jobs.views import Job, LogLine
from arena_core.jobs.waiting import container_started, pod_finished, why_no_instances, why_waiting
from arena_core.kube.logs import Position, follow
from arena_core.kube.resources import PODS
from arena_core.kube.transport import Stream
from arena_core.types import JobHandle, LogSource, Manifest

#: How long the end of the job, or a new pod, is waited for after the pod that was followed has failed or gone.
GRACE = 10.0
#: How many lines may wait for a slow reader.
MAX_AHEAD = 10_000

#: What is followed: a pod's uid and the container.
Key = tuple[str, str]


class Follow:
    """One run of ``logs -f``. Watches and log streams run in threads and put what they find into one queue."""

    def __init__(self, session: Session, handle: JobHandle, job: Manifest, request: LogRequest, on_wait: Callable[[str], None]) -> None:
        self._session = session
        self._handle = handle
        self._job = job
        self._request = request
        self._on_wait = on_wait
        self._namespace = str(job["metadata"]["namespace"])
        self._queue: queue.Queue[tuple[str, Any, Any]] = queue.Queue(MAX_AHEAD)
        self._stopped = threading.Event()
        #: Every pod that the labels find, by uid: those of an earlier job of this name, too.
        self._pods: dict[str, Manifest] = {}
        self._owners = Owners(session.cluster, job)
        self._started: set[Key] = set()
        self._open: set[Key] = set()
        self._streams: dict[Any, Stream] = {}
        self._own = own_init_containers(handle, job)
        self._gone = False
        self._told = ""
        self._quiet_since: float | None = None
        self._finished_at: float | None = None

    def lines(self) -> Iterator[LogLine]:
        """Yield lines until the job or the chosen instance has ended and its log is read."""
        self._watch_job()
        self._watch_pods()
        try:
            while not self._over():
                try:
                    kind, what, value = self._queue.get(timeout=1.0 if self._quiet_since or self._finished_at else None)
                except queue.Empty:
                    continue
                if kind == "line":
                    yield LogLine(what, value)
                else:
                    self._take(kind, what, value)
        finally:
            self._stopped.set()
            for stream in list(self._streams.values()):
                stream.close()

    def _take(self, kind: str, what: Any, value: Any) -> None:
        if kind == "error":
            raise value
        if kind == "end":
            self._open.discard(what)
        elif kind == "job":
            self._gone = what == "DELETED" or metadata_of(value).get("uid") != self._job["metadata"].get("uid")
            self._job = self._job if self._gone else value
        elif kind == "pod":
            uid = str(metadata_of(value).get("uid"))
            if what == "DELETED":
                self._pods.pop(uid, None)
            else:
                self._pods[uid] = value
        self._look()

    def _look(self) -> None:
        """Start what can be followed now; say what is waited for."""
        mine, earlier = self._owners.split(self._pods.values())
        job = view(self._handle, self._job, mine, earlier=earlier)
        pods = {str(metadata_of(p).get("name")): p for p in job.pods}
        try:
            sources = choose(self._handle, job, self._request.query)
        except (NotFound, UsageError):
            # The one that is meant may be among those that are still to come.
            if job.status.phase.finished or not self._expects_more(job):
                raise
            sources = []
        waiting = []
        for source in sources:
            pod = pods.get(source.pod)
            if pod is None:
                continue
            key = (str(metadata_of(pod).get("uid")), source.container)
            if key in self._started:
                continue
            hidden = not self._request.query.container and is_foreign_init(pod, source.container, self._own)
            if not hidden and container_started(pod, source.container):
                self._start(key, source)
            elif not pod_finished(pod):
                waiting += [why_waiting(i, pod) for i in job.status.instances if i.name == source.pod]
        if not self._started and not waiting and not job.status.phase.finished:
            waiting = [why_no_instances(job.name, job.status)]
        text = "; ".join(waiting)
        if text and text != self._told:
            self._told = text
            self._on_wait(text)
        self._settle(job, sources, pods)

    def _expects_more(self, job: Job) -> bool:
        """Whether pods are still to come."""
        return len(job.pods) < job.status.replicas

    def _settle(self, job: Job, sources: list[LogSource], pods: dict[str, Manifest]) -> None:
        """Note since when there has been nothing more to read."""
        chosen = [pods[s.pod] for s in sources if s.pod in pods]
        followed = bool(self._started) and all(pod_finished(pod) for pod in chosen)
        if job.status.phase.finished:
            self._finished_at = self._finished_at or time.monotonic()
        if self._gone or job.status.phase.finished:
            self._quiet_since = 0.0 if self._gone or all(pod_finished(p) or _going(p) for p in chosen) else self._quiet_since
        elif (
            followed and chosen and all((p.get("status") or {}).get("phase") == "Succeeded" for p in chosen) and not self._expects_more(job)
        ):
            self._quiet_since = 0.0
        elif followed:
            self._quiet_since = self._quiet_since or time.monotonic()
        else:
            self._quiet_since = None

    def _over(self) -> bool:
        if self._finished_at is not None and time.monotonic() - self._finished_at > GRACE:
            return self._queue.empty()  # what still runs outlives its job, and is not waited for
        if self._open or self._quiet_since is None or not self._queue.empty():
            return False
        return self._quiet_since == 0.0 or time.monotonic() - self._quiet_since > GRACE

    def _start(self, key: Key, source: LogSource) -> None:
        self._started.add(key)
        self._open.add(key)
        self._quiet_since = None
        self._thread(f"log-{source.pod}", lambda: self._follow(key, source))

    def _follow(self, key: Key, source: LogSource) -> None:
        options = replace(self._request.options, container=source.container, previous=self._request.query.previous)
        opened = lambda stream: self._streams.__setitem__(key, stream)  # noqa: E731
        try:
            for line in follow(
                self._session.cluster.transport, self._namespace, source.pod, options, Position(), lambda: self._ended(key), opened
            ):
                if self._stopped.is_set():
                    return
                self._put(("line", source, line))
        except NotFound:
            pass  # the pod has gone, and its log with it
        self._put(("end", key, None))

    def _ended(self, key: Key) -> bool:
        """Whether the container will write no more: its pod is over or gone, or it was an init container that is done."""
        if self._stopped.is_set():
            return True
        uid, container = key
        found = self._session.cluster.list(PODS, self._namespace, field_selector=f"metadata.name={self._name_of(uid)}").items
        pod = next((p for p in found if metadata_of(p).get("uid") == uid), None)
        if pod is None or pod_finished(pod):
            return True
        rows = (pod.get("status") or {}).get("initContainerStatuses") or []
        return any(row.get("name") == container and (row.get("state") or {}).get("terminated") for row in rows)

    def _name_of(self, uid: str) -> str:
        return str(metadata_of(self._pods.get(uid, {})).get("name", ""))

    def _watch_job(self) -> None:
        metadata = self._job["metadata"]
        resource = self._handle.job_type.resource
        options: dict[str, Any] = {
            "field_selector": f"metadata.name={metadata['name']}",
            "resource_version": str(metadata.get("resourceVersion", "")),
            "known": [self._job],
        }
        self._thread("watch-job", lambda: self._watch("job", resource, options))

    def _watch_pods(self) -> None:
        labels = self._handle.job_type.pod_labels(self._job)
        if not labels:
            raise NotFound(f"the instances of {self._job['metadata']['name']} cannot be told from others: it names no labels for them")
        self._thread("watch-pods", lambda: self._watch("pod", PODS, {"label_selector": selector_of(labels)}))

    def _watch(self, source: str, resource: Any, options: dict[str, Any]) -> None:
        if source == "pod":
            listed = self._session.cluster.list(resource, self._namespace, label_selector=options["label_selector"])
            for pod in listed.items:
                self._put(("pod", "ADDED", pod))
            options = {**options, "resource_version": listed.resource_version, "known": listed.items}
            self._put(("look", None, None))
        opened = lambda stream: self._streams.__setitem__(source, stream)  # noqa: E731
        for kind, obj in self._session.cluster.watch(resource, self._namespace, stop=self._stopped.is_set, opened=opened, **options):
            if self._stopped.is_set():
                return
            self._put((source, kind, obj))

    def _put(self, item: tuple[str, Any, Any]) -> None:
        """Hand over to the reader; a reader that has left is not waited for."""
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=1.0)
            except queue.Full:
                continue
            return

    def _thread(self, name: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except ArenaError as error:
                if not self._stopped.is_set():
                    self._put(("error", None, error))
            except Exception as error:  # handed to the reading thread
                self._put(("error", None, error))

        threading.Thread(target=guarded, name=f"arena-{name}", daemon=True).start()


def _going(pod: Manifest) -> bool:
    return bool(metadata_of(pod).get("deletionTimestamp"))
