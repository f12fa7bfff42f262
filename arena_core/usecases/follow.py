"""``logs -f``: follow one instance or all, also those that start later, until nothing more will come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from arena_core.contract.errors import ArenaError, NotFound, UsageError
from arena_core.contract.types import JobHandle, LogSource, Manifest
from arena_core.k8s import dig
from arena_core.kube.logs import Incomplete
from arena_core.records import record
from arena_core.usecases.ending import Ending, going
from arena_core.usecases.facts import view
from arena_core.usecases.kept import Kept, kept_runs
from arena_core.usecases.ownership import Owners
from arena_core.usecases.reading import Place
from arena_core.usecases.removed import nothing_to_read, start_failure
from arena_core.usecases.session import Session
from arena_core.usecases.sources import LogRequest, choose
from arena_core.usecases.spool import Data, Spool
from arena_core.usecases.templates import is_foreign_init, own_init_containers
from arena_core.usecases.track import Told, Track, start
from arena_core.usecases.views import Job, LogLine
from arena_core.usecases.waiting import container_started, pod_finished, why_no_instances, why_waiting
from arena_core.usecases.watches import Watches

#: A line that is not whole is shown after so many seconds: progress bars and prompts have no newline.
PARTIAL = 0.25


@record(slots=False)
class Listener:
    """Who is told what: why is waited, what is odd, that nothing more is there for the moment, which instances there are."""

    wait: Callable[[str], None] = lambda why: None
    note: Callable[[str], None] = lambda text: None
    idle: Callable[[], None] = lambda: None
    labels: Callable[[Sequence[str]], None] = lambda labels: None


class Follow:
    """One run of ``logs -f``. Watches and log streams run in threads, and all they find goes through one spool."""

    def __init__(
        self,
        session: Session,
        handle: JobHandle,
        job: Manifest,
        request: LogRequest,
        listener: Listener,
    ) -> None:
        self._session = session
        self._handle = handle
        self._job = job
        self._request = request
        self._listener = listener
        self._namespace = dig.text(job, "metadata", "namespace")
        self._uid = dig.text(job, "metadata", "uid")
        self._spool = Spool()
        self._watches = Watches(session, handle, job, self._spool)
        #: Every pod that the labels find, by uid: those of an earlier job of this name, too.
        self._pods: dict[str, Manifest] = {}
        self._owners = Owners(session.cluster, job)
        self._kept = Kept()
        self._tracks: dict[tuple[str, str], Track] = {}
        self._numbers: list[Track] = []
        self._own = own_init_containers(handle, job)
        self._ending = Ending()
        self._told = ""
        #: Since when a part of a line has been held back.
        self._held_since = 0.0
        self._last: Job = view(handle, job, ())

    def lines(self) -> Iterator[LogLine]:
        """Yield lines until the job or the chosen instance has ended and its log is read."""
        scope = self._session.cluster.scope
        let_go = scope.hold(lambda: self._spool.put(Told("wake")))
        try:
            self._watches.start()
            while not self._ending.over(list(self._tracks.values()), empty=self._spool.empty):
                scope.check()
                if self._spool.empty:
                    self._listener.idle()
                item = self._spool.get(self._patience())
                if isinstance(item, Data):
                    yield from self._lines(self._numbers[item.source], item.data)
                elif item is not None:
                    self._take(item)
                if self._spool.empty and self._held_since and time.monotonic() - self._held_since >= PARTIAL:
                    yield from self._partial(self._numbers)
            yield from self._partial(self._numbers)
        finally:
            let_go()
            self._watches.stop()
            for track in self._numbers:
                track.stop()
            self._spool.close()
        self._conclude()

    def _lines(self, track: Track, data: bytes) -> Iterator[LogLine]:
        track.read = True
        found = track.lines.feed(data)
        for stamp, text in found:
            yield LogLine(track.source, text, stamp)
        if found or not self._held_since:
            self._held_since = time.monotonic() if any(one.lines.waiting for one in self._numbers) else 0.0

    def _partial(self, tracks: list[Track]) -> Iterator[LogLine]:
        self._held_since = 0.0
        for track in tracks:
            for stamp, text in track.lines.flush():
                yield LogLine(track.source, text, stamp)

    def _patience(self) -> float | None:
        if self._held_since:
            return PARTIAL
        return 1.0 if self._ending.counting else None

    def _take(self, told: Told) -> None:
        if told.kind == "wake":
            return
        if told.kind == "error" and isinstance(told.value, BaseException):
            raise told.value
        if told.kind == "wait":
            self._tell(str(told.value))
            return
        if told.kind == "end" and isinstance(told.what, Track):
            told.what.open = False
        elif told.kind == "job" and isinstance(told.value, dict):
            gone = told.what == "DELETED" or dig.text(told.value, "metadata", "uid") != self._uid
            self._ending.gone = self._ending.gone or gone
            self._job = self._job if gone else told.value
        elif told.kind == "pods" and isinstance(told.value, list):
            self._pods = {dig.text(pod, "metadata", "uid"): pod for pod in told.value}
            self._ending.listed = True
            self._ending.relisted = bool(told.what)
        elif told.kind == "pod" and isinstance(told.value, dict):
            uid = dig.text(told.value, "metadata", "uid")
            if told.what == "DELETED":
                self._pods.pop(uid, None)
            else:
                self._pods[uid] = told.value
        if self._ending.listed:
            self._look()

    def _look(self) -> None:
        """Start what can be followed now; say what is waited for; judge whether more will come."""
        mine, earlier = self._owners.split(self._pods.values())
        job = view(self._handle, self._job, mine, earlier=earlier)
        if job.status.phase.finished and not self._ending.finished:
            self._watches.relist()
        if self._ending.relisted and len(mine) < max(job.status.replicas, 1) and not self._kept.runs:
            self._kept = Kept(kept_runs(self._session, self._namespace, self._uid) or ())
        gone = self._kept.pods(mine)
        job = view(self._handle, self._job, [*mine, *gone], earlier=earlier) if gone else job
        pods = {dig.text(pod, "metadata", "name"): pod for pod in job.pods}
        sources = self._chosen(job)
        self._listener.labels([source.label or source.pod for source in sources])
        waiting = [text for source in sources if source.pod in pods for text in self._begin(job, source, pods[source.pod])]
        if not self._tracks and not waiting and not job.status.phase.finished:
            waiting = [why_no_instances(job.name, job.status)]
        self._tell("; ".join(waiting))
        self._ending.judge(job, [pods[s.pod] for s in sources if s.pod in pods], bool(self._tracks), self._more(job))
        self._last = job

    def _chosen(self, job: Job) -> list[LogSource]:
        try:
            return choose(self._handle, job, self._request.query)
        except (NotFound, UsageError):
            # The one that is meant may be among those that are still to come.
            if (job.status.phase.finished and self._ending.relisted) or not (job.status.phase.finished or self._more(job)):
                raise
            return []

    def _more(self, job: Job) -> bool:
        """Whether pods are still to come."""
        return len(job.pods) < job.status.replicas

    def _begin(self, job: Job, source: LogSource, pod: Manifest) -> list[str]:
        """Follow a container that has started; otherwise return what it waits for."""
        key = (dig.text(pod, "metadata", "uid"), source.container)
        if key in self._tracks:
            track = self._tracks[key]
            if pod_finished(pod) or going(pod):
                track.hurry()
            track.ending = pod_finished(pod) or going(pod)
            return []
        hidden = not self._request.query.container and is_foreign_init(pod, source.container, self._own)
        if not hidden and container_started(pod, source.container):
            place = Place(self._session, self._namespace, source, pod, self._kept, previous=self._request.query.previous)
            track = Track(self._session, self._namespace, self._uid, place, self._request, self._spool, len(self._numbers))
            track.ending = pod_finished(pod) or going(pod)
            self._tracks[key] = track
            self._numbers.append(track)
            start(track.run, f"log-{source.pod}")
            return []
        return [] if pod_finished(pod) else [why_waiting(i, pod) for i in job.status.instances if i.name == source.pod]

    def _tell(self, text: str) -> None:
        if text and text != self._told:
            self._told = text
            self._listener.wait(text)

    def _conclude(self) -> None:
        """Say what is missing; nothing was lost where this returns."""
        gaps = [gap for track in self._numbers for gap in track.gaps]
        if gaps:
            raise Incomplete(
                f"the log is not complete: lines are missing of {'; '.join(gaps)}", "a node keeps a log up to a size (docs/logs.md)"
            )
        name = dig.text(self._job, "metadata", "name")
        if self._ending.gone and not self._ending.finished:
            raise NotFound(
                f"{self._handle.job_type.name} {name} was deleted while its log was followed", "what it wrote until then is above"
            )
        lively = [track.label for track in self._numbers if track.open]
        if lively:
            self._listener.note(f"note: still running after the end of {name}, not followed any further: {', '.join(lively)}")
        failures = [f for track in self._numbers if not track.read and (f := self._failure(track))]
        if failures:
            raise failures[0]
        if not self._tracks:
            raise nothing_to_read(self._last, self._request.query.instance)

    def _failure(self, track: Track) -> ArenaError | None:
        pod = self._pods.get(track.place.uid, track.place.pod)
        return start_failure(pod, track.source) if not self._request.query.previous else None
