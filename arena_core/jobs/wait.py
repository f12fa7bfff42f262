"""``wait``: until a job has reached a state. It watches; nothing is asked again and again."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from arena_core.errors import ArenaError, JobFailed, NotFound, PermissionDenied, TimedOut, UsageError
from arena_core.jobs.explain import failed_instances, last_words
from arena_core.jobs.facts import read, view
from arena_core.jobs.find import NotProven, find, missing
from arena_core.jobs.marks import metadata_of
from arena_core.jobs.ownership import uid_of
from arena_core.jobs.pods import selector_of
from arena_core.jobs.session import Session
from arena_core.jobs.views import Job
from arena_core.kube.resources import PODS
from arena_core.kube.transport import Stream
from arena_core.types import JobHandle, Manifest, Phase, Resource

GOALS = ("succeeded", "finished", "running", "failed", "deleted")


def wait_for(
    session: Session,
    name: str,
    goal: str = "finished",
    *,
    job_type: str = "",
    namespace: str = "",
    timeout: float | None = None,
    on_change: Callable[[Job], None] | None = None,
    uid: str = "",
) -> Job | None:
    """Return the job when it has reached the goal (None for ``deleted``).

    When the job fails, every goal but ``failed`` raises ``JobFailed``; a goal that can no longer be reached is an error at once, a
    job that vanishes is ``NotFound``, and after ``timeout`` seconds it is ``TimedOut``. ``on_change`` is called with each new state.
    With ``uid`` that very job is meant: one that has its name now is another.
    """
    if goal not in GOALS:
        raise UsageError(f"{goal} is nothing to wait for", f"one of {', '.join(GOALS)}")
    namespace = namespace or session.namespace
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        handle, obj = find(session, name, job_type, namespace)
        if uid and uid_of(obj) != uid:
            raise missing(name, namespace, job_type, None)
    except NotProven as error:
        if goal != "deleted":
            raise
        what = f"it cannot be told whether {name} is gone: {', '.join(error.unread)} cannot be read"
        raise PermissionDenied(what, "with --type only that type is looked at") from error
    except NotFound:
        if goal == "deleted":
            return None
        raise
    last: Job | None = None
    for job in _states(session, handle, obj, goal, deadline):
        if job is None:
            if goal == "deleted":
                return None
            raise NotFound(f"{handle.job_type.name} {name} was deleted while it was waited for")
        if on_change is not None and (last is None or last.status != job.status):
            on_change(job)
        last = job
        if goal != "deleted" and _reached(job, goal):
            whole = _finished(session, handle, job)
            if whole.status.phase is Phase.FAILED and goal != "failed":
                raise failure(session, whole)
            return whole
    raise _too_late(session, handle, last, name, goal, timeout or 0.0)


def _too_late(session: Session, handle: JobHandle, last: Job | None, name: str, goal: str, timeout: float) -> TimedOut:
    state = ""
    if last is not None:
        try:
            last = read(session, handle, last.manifest)
        except ArenaError:
            pass  # what the watch showed has to do
        because = f" ({last.status.message})" if last.status.message else ""
        state = f": it is {last.status.phase}{because}"
    return TimedOut(f"{handle.job_type.name} {name} is not {goal} after {timeout:g} s{state}", f"`arena get {name}` shows more")


def _reached(job: Job, goal: str) -> bool:
    phase = job.status.phase
    if phase is Phase.FAILED:
        return True
    if goal == "running":
        return phase in (Phase.RUNNING, Phase.SUCCEEDED)
    if phase is Phase.SUCCEEDED:
        if goal == "failed":
            raise ArenaError(f"{job.job_type} {job.name} has succeeded and will not fail")
        return True
    return False


def _finished(session: Session, handle: JobHandle, job: Job) -> Job:
    """Read the finished job once more with its pods and tell the extensions."""
    if not job.status.phase.finished:
        return job
    whole = job
    try:
        whole = read(session, handle, job.manifest)
    except ArenaError:
        pass  # what the watch showed has to do
    if session.extensions is not None:
        session.extensions.job_finished(whole.manifest, whole.status, session.target(whole.namespace))
    return whole


def failure(session: Session, job: Job) -> JobFailed:
    """Return the error for a failed job: why, and what is known of the instance that failed first."""
    status = job.status
    parts = [": ".join(p for p in (status.reason, status.message) if p)]
    hint = f"`arena why {job.name}` says more"
    if failed := failed_instances(job):
        first = failed[0]
        parts.append(f"{first.name} exited with {first.exit_code}")
        hint = f"`arena logs {job.name}{'' if first.chief else f' -i {first.short_name}'}` shows its log"
    else:
        parts += _last_words(session, job)
    why = "; ".join(p for p in parts if p) or "no reason is given"
    return JobFailed(f"{job.job_type} {job.name} failed: {why}", hint)


def _last_words(session: Session, job: Job) -> list[str]:
    """What the events tell of the instance that failed; they may come a moment after the end of the job."""
    for pause in (0.0, 0.3, 0.7):
        time.sleep(pause)
        if found := last_words(session, job):
            return [found[0].message]
    return []


def _states(session: Session, handle: JobHandle, obj: Manifest, goal: str, deadline: float | None) -> Iterator[Job | None]:
    """Yield the job in each of its states, None when it is gone; ends at the deadline."""
    with_pods = goal == "running"
    uid = metadata_of(obj).get("uid")
    pods: dict[str, Manifest] = {}
    if not with_pods:
        yield view(handle, obj, ())
    for source, kind, found in _events(session, handle, obj, deadline, with_pods=with_pods):
        if source == "job":
            if metadata_of(found).get("uid") != uid or kind == "DELETED":
                yield None
                return
            obj = found
        elif kind == "DELETED":
            pods.pop(str(metadata_of(found).get("uid")), None)
        else:
            pods[str(metadata_of(found).get("uid"))] = found
        yield view(handle, obj, list(pods.values()))


def _events(
    session: Session, handle: JobHandle, obj: Manifest, deadline: float | None, *, with_pods: bool
) -> Iterator[tuple[str, str, Manifest]]:
    """Yield (job | pod, kind of event, object) from one watch, or from two that run side by side."""
    metadata = obj["metadata"]
    namespace = str(metadata["namespace"])
    seconds = None if deadline is None else max(0.0, deadline - time.monotonic())
    resource = handle.job_type.resource
    name, version = f"metadata.name={metadata['name']}", str(metadata.get("resourceVersion", ""))
    if not with_pods:
        for kind, found in session.cluster.watch(
            resource, namespace, field_selector=name, resource_version=version, timeout=seconds, known=[obj]
        ):
            yield "job", kind, found
        return
    both = _Both(session, namespace, seconds)
    both.add("job", resource, field_selector=name, resource_version=version, known=[obj])
    labels = handle.job_type.pod_labels(obj)
    if labels:
        both.add("pod", PODS, label_selector=selector_of(labels))
    yield from both.events()


class _Both:
    """Watches in threads, their events in one queue. The threads end with the iteration."""

    def __init__(self, session: Session, namespace: str, seconds: float | None) -> None:
        self._cluster = session.cluster
        self._namespace = namespace
        self._seconds = seconds
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
                timeout=self._seconds,
                stop=self._stopped.is_set,
                opened=lambda stream: self._streams.__setitem__(source, stream),
                **options,
            ):
                self._queue.put((source, kind, obj))
                if self._stopped.is_set():
                    return
            self._queue.put(("end", "", None))
        except Exception as error:  # handed to the waiting thread
            self._queue.put(("error", "", error))

    def events(self) -> Iterator[tuple[str, str, Manifest]]:
        """Yield what any of the watches brings, until all have ended."""
        try:
            while self._running:
                source, kind, obj = self._queue.get()
                if source == "end":
                    self._running -= 1
                elif source == "error":
                    raise obj
                else:
                    yield source, kind, obj
        finally:
            self._stopped.set()
            for stream in list(self._streams.values()):
                stream.close()
