"""``logs -f``: follow one instance or all, also those that start later, until nothing more will come.

Three parts do it: ``multiplexer`` turns watches and log streams into one queue of events, ``opening`` opens what can be followed, and
``verdict`` says when it is over. Here what comes is taken in, and shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from arena_core.contract.errors import ArenaError, NotFound
from arena_core.contract.types import JobHandle, Manifest
from arena_core.k8s import dig
from arena_core.kube.logs import Incomplete
from arena_core.kube.resources import PODS, ListResult
from arena_core.records import record, replace
from arena_core.usecases import remember
from arena_core.usecases.facts import related_of, view, wrapped
from arena_core.usecases.multiplexer import Changed, Ended, Event, Failed, Listed, Multiplexer, Waits
from arena_core.usecases.opening import Opener, going, more
from arena_core.usecases.pods import found_by, list_pods_by, selectors_of
from arena_core.usecases.removed import nothing_to_read, start_failure
from arena_core.usecases.session import Session
from arena_core.usecases.sources import LogRequest
from arena_core.usecases.spool import Data, Spool
from arena_core.usecases.textlogs import lines_of, notes_of
from arena_core.usecases.told import tell_finished
from arena_core.usecases.track import Track
from arena_core.usecases.unread import is_partial
from arena_core.usecases.verdict import Standing, counting, over
from arena_core.usecases.views import Job, LogLine
from arena_core.usecases.waiting import pod_finished

#: A line that is not whole is shown after so many seconds: progress bars and prompts have no newline.
PARTIAL = 0.25
#: Events that come closer together than so many seconds are looked at together: each look goes through all pods.
TOGETHER = 0.1


@record(slots=False)
class Listener:
    """Who is told what: why is waited, what is odd, that nothing more is there for the moment, which instances there are.

    ``trouble`` is told of a log that cannot be read (any more), with its instance; without it that ends the whole.
    """

    wait: Callable[[str], None] = lambda why: None
    note: Callable[[str], None] = lambda text: None
    idle: Callable[[], None] = lambda: None
    labels: Callable[[Sequence[str]], None] = lambda labels: None
    trouble: Callable[[str, ArenaError], None] | None = None


class Follow:
    """One run of ``logs -f``."""

    def __init__(self, session: Session, handle: JobHandle, job: Manifest, request: LogRequest, listener: Listener) -> None:
        self._session = session
        self._handle = handle
        self._job = job
        self._request = request
        self._listener = listener
        self._name, self._namespace, self._uid = (dig.text(job, "metadata", key) for key in ("name", "namespace", "uid"))
        self._selectors = selectors_of(handle, job)
        self._events = Multiplexer(session, self._namespace, Spool())
        self._opener = Opener(session, handle, job, request, self._events)
        #: Every pod that the labels find, by uid: those of an earlier job of this name, too.
        self._pods: dict[str, Manifest] = {}
        #: Of a wrapper what belongs to it, the job inside above all: its end may show nowhere else. Of others it is not read.
        self._related: Sequence[Manifest] | None = None
        self._inside = wrapped(handle, job)
        self._standing = Standing()
        self._told = ""
        #: Whether something has come since the last look at what stands, and when that was.
        self._due = False
        self._looked = 0.0
        #: Since when a part of a line has been held back.
        self._held_since = 0.0
        self._last: Job = view(handle, job, ())

    def lines(self) -> Iterator[LogLine]:
        """Yield lines until the job or the chosen instance has ended and its log is read."""
        scope, line = self._session.cluster.scope, self._events.line
        try:
            self._watch()
            while not self._over():
                scope.check()
                if line.empty:
                    self._listener.idle()
                item = line.get(self._patience())
                if isinstance(item, Data):
                    yield from self._lines(self._opener.tracks[item.source], item.data)
                elif item is not None:
                    self._take(item)
                if line.empty and self._held_since and time.monotonic() - self._held_since >= PARTIAL:
                    yield from self._partial()
            yield from self._partial()
            yield from lines_of(self._opener.held, self._request.options)
        finally:
            for track in self._opener.tracks:
                track.stop()
            self._events.close()
        if self._last.status.phase.finished:
            tell_finished(self._session, self._last)
        self._conclude()

    def _over(self) -> bool:
        """Look at what has come, and say whether nothing more will."""
        if self._due and (self._events.line.empty or time.monotonic() - self._looked >= TOGETHER):
            self._due, self._looked = False, time.monotonic()
            self._look()
        return over(self._now(), time.monotonic())

    def _watch(self) -> None:
        if not self._selectors:
            raise NotFound(f"the instances of {self._name} cannot be told from others: it has no labels for them")
        # The state that we have counts, too.
        self._events.line.put(Changed("job", "MODIFIED", self._job))
        version = dig.text(self._job, "metadata", "resourceVersion")
        resource, mine = self._handle.job_type.resource, f"metadata.name={self._name}"
        self._events.watch("job", resource, field_selector=mine, resource_version=version, known=[self._job])
        if self._inside:
            self._events.watch("inside", self._inside.resource, label_selector=self._inside.label_selector)
        self._events.list_and_watch(
            "pod", PODS, self._list_pods, lambda found: [{"label_selector": s, "known": found_by(s, found.items)} for s in self._selectors]
        )

    def _list_pods(self) -> ListResult:
        return list_pods_by(self._session.cluster, self._namespace, self._selectors)

    def _lines(self, track: Track, data: bytes) -> Iterator[LogLine]:
        track.read = True
        found = track.lines.feed(data)
        for stamp, text in found:
            yield LogLine(track.source, text, stamp)
        if found or not self._held_since:
            self._held_since = time.monotonic() if any(one.lines.waiting for one in self._opener.tracks) else 0.0

    def _partial(self) -> Iterator[LogLine]:
        self._held_since = 0.0
        for track in self._opener.tracks:
            for stamp, text in track.lines.flush():
                yield LogLine(track.source, text, stamp)

    def _patience(self) -> float | None:
        if self._held_since:
            return PARTIAL
        return 1.0 if counting(self._standing) else None

    def _now(self) -> Standing:
        """Return how things stand, with the logs as they are read this moment."""
        reading = [track for track in self._opener.tracks if track.open]
        closing = sum(track.ending for track in reading)
        return replace(self._standing, reading=len(reading), closing=closing, waiting=not self._events.line.empty)

    def _take(self, event: Event) -> None:
        if isinstance(event, Failed):
            if event.source == "inside" and isinstance(event.error, ArenaError) and is_partial(event.error):
                return  # what may not be watched is left out
            if self._listener.trouble is None or not (isinstance(event.source, Track) and isinstance(event.error, ArenaError)):
                raise event.error
            self._listener.trouble(event.source.label, event.error)
            return
        if isinstance(event, Waits):
            self._tell(event.why)
            return
        if isinstance(event, Ended) and isinstance(event.source, Track):
            event.source.open = False
        elif isinstance(event, Listed):
            self._pods = {dig.text(pod, "metadata", "uid"): pod for pod in event.items}
            self._standing = replace(self._standing, listed=True, relisted=event.again)
        elif isinstance(event, Changed):
            self._changed(event)
        else:
            return
        self._due = self._standing.listed

    def _changed(self, event: Changed) -> None:
        uid = dig.text(event.obj, "metadata", "uid")
        if event.source == "job":
            if event.kind == "DELETED" or uid != self._uid:
                since = time.monotonic() if self._standing.gone is None else self._standing.gone
                self._standing = replace(self._standing, gone=since)
            else:
                self._job = event.obj
        elif event.source == "inside":
            self._related = related_of(self._session, self._handle, self._job)[0]
        elif event.kind == "DELETED":
            self._pods.pop(uid, None)
        else:
            self._pods[uid] = event.obj

    def _look(self) -> None:
        """Open what can be followed now; say what is waited for; take in how things stand."""
        before = self._standing
        job, waiting = self._opener.look(self._job, self._pods.values(), self._related, relisted=before.relisted)
        self._listener.labels(self._opener.labels)
        self._tell("; ".join(waiting))
        remember.seen(self._session, [job])
        self._last, now, meant = job, time.monotonic(), self._opener.meant
        finished = (before.finished or now) if job.status.phase.finished else None
        ended = bool(self._opener.tracks) and all(pod_finished(pod) for pod in meant)
        well = all(dig.text(pod, "status", "phase") == "Succeeded" for pod in meant)
        self._standing = replace(
            before,
            relisted=before.relisted and finished is not None,
            finished=finished,
            quiet=(before.quiet or now) if ended else None,
            done=ended and well and bool(meant) and not more(job),
            unstarted=any(not pod_finished(pod) and not going(pod) for pod in meant),
        )
        if finished is not None and before.finished is None:
            self._events.list_again("pod", self._list_pods)

    def _tell(self, text: str) -> None:
        if text and text != self._told:
            self._told = text
            self._listener.wait(text)

    def _conclude(self) -> None:
        """Say what is missing; nothing was lost where this returns."""
        tracks = self._opener.tracks
        gaps = "; ".join(gap for track in tracks for gap in track.gaps)
        if self._standing.gone is not None and self._standing.finished is None:
            deleted = f"{self._handle.job_type.name} {self._name} was deleted while its log was followed"
            if gaps:
                raise NotFound(f"{deleted}, and lines are missing of {gaps}", "what could be read until then is above")
            raise NotFound(deleted, "what it wrote until then is above")
        if gaps:
            raise Incomplete(f"the log is not complete: lines are missing of {gaps}", "a node keeps a log up to a size (docs/logs.md)")
        if lively := [track.label for track in tracks if track.open]:
            self._listener.note(f"note: still running after the end of {self._name}, not followed any further: {', '.join(lively)}")
        if not self._request.query.previous:
            for track in tracks:
                pod = self._pods.get(track.place.uid, track.place.pod)
                if not track.read and (failure := start_failure(pod, track.source)):
                    raise failure
        for text in notes_of(self._opener.held):
            self._listener.note(text)
        if not tracks and not self._opener.held:
            raise nothing_to_read(self._last, self._request.query.instance)
