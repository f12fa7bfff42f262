"""Watches and log streams, each in a thread, as one queue of typed events: for whoever follows logs, and for whoever waits.

What is read is told in the order in which it came. Nothing is judged here: a failure is an event, and so is the end of a stream.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Manifest, Resource
from arena_core.kube.resources import ListResult
from arena_core.kube.transport import Stream
from arena_core.typed import Any, NamedTuple, Protocol
from arena_core.usecases.session import Session
from arena_core.usecases.unread import is_partial


class Changed(NamedTuple):
    """An object of a watch: ``kind`` is ADDED, MODIFIED or DELETED."""

    source: str
    kind: str
    obj: Manifest


class Listed(NamedTuple):
    """All objects of a collection at one moment. ``again``: after somebody has asked for it once more."""

    source: str
    items: Sequence[Manifest]
    again: bool


class Waits(NamedTuple):
    """A stream that cannot be read just now, and why."""

    source: object
    why: str


class Ended(NamedTuple):
    """A watch or stream that has come to its end."""

    source: object


class Failed(NamedTuple):
    """A watch or stream that was given up; nothing more comes of it."""

    source: object
    error: Exception


class Woken(NamedTuple):
    """Nothing has come, but something is to be looked at: a call was cancelled."""


Event = Changed | Listed | Waits | Ended | Failed | Woken


class Line(Protocol):
    """A queue: what ``Spool`` is, and ``Plain``."""

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""

    def put(self, item: Any) -> None:
        """Add something."""

    def get(self, timeout: float | None) -> Any:
        """Return the next thing, or None when there has been none for so long."""

    def close(self) -> None:
        """Forget everything."""


class Plain:
    """A queue in memory, for those who read no logs."""

    def __init__(self) -> None:
        from queue import SimpleQueue

        self._queue: SimpleQueue[Any] = SimpleQueue()

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return self._queue.empty()

    def put(self, item: Any) -> None:
        """Add something."""
        self._queue.put(item)

    def get(self, timeout: float | None) -> Any:
        """Return the next thing, or None when there has been none for so long."""
        from queue import Empty

        try:
            return self._queue.get(timeout=timeout)
        except Empty:
            return None

    def close(self) -> None:
        """Nothing is held."""


class Multiplexer:
    """One queue that many threads fill. ``close`` ends them; ``deadline`` (``time.monotonic()``) ends the watches."""

    def __init__(self, session: Session, namespace: str, line: Line, deadline: float | None = None) -> None:
        self.line = line
        self._cluster = session.cluster
        self._namespace = namespace
        self._deadline = deadline
        self._stopped = threading.Event()
        self._streams: dict[str, Stream] = {}
        self._running = 0
        self._let_go = session.cluster.scope.hold(lambda: line.put(Woken()))

    def run(self, source: object, work: Callable[[], None], name: str = "") -> None:
        """Do something in a thread that does not hold up the end of the program; a failure is told, and so is the end."""

        def guarded() -> None:
            try:
                work()
            except Exception as error:  # handed to the thread that reads the queue
                if not self._stopped.is_set():
                    self.line.put(Failed(source, error))
            self.line.put(Ended(source))

        self._running += 1
        threading.Thread(target=guarded, name=f"arena-{name or source}", daemon=True).start()

    def watch(self, source: str, resource: Resource, **options: Any) -> None:
        """Tell each change of a collection; ``options`` are those of ``Cluster.watch``."""
        self.run(source, lambda: self._watch(source, resource, options))

    def list_and_watch(
        self, source: str, resource: Resource, listing: Callable[[], ListResult], watches: Callable[[ListResult], Sequence[dict[str, Any]]]
    ) -> None:
        """Tell what a collection holds, then each change of it, with one watch for each of the options that ``watches`` returns."""

        def work() -> None:
            found = listing()
            self.line.put(Listed(source, found.items, again=False))
            first, *others = watches(found)
            for options in others:
                self.watch(source, resource, **options, resource_version=found.resource_version)
            self._watch(source, resource, {**first, "resource_version": found.resource_version})

        self.run(source, work)

    def list_again(self, source: str, listing: Callable[[], ListResult]) -> None:
        """Tell what a collection holds now."""
        self.run(f"list-{source}", lambda: self.line.put(Listed(source, listing().items, again=True)))

    def _watch(self, source: str, resource: Resource, options: dict[str, Any]) -> None:
        def opened(stream: Stream) -> None:
            self._streams[f"{source} {options.get('label_selector', '')}"] = stream
            if self._stopped.is_set():
                stream.close()

        timeout = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        events = self._cluster.watch(resource, self._namespace, timeout=timeout, stop=self._stopped.is_set, opened=opened, **options)
        for kind, obj in events:
            if self._stopped.is_set():
                return
            self.line.put(Changed(source, kind, obj))

    def batches(self, *, tick: float | None = None, settle: float = 0.0, must: str = "") -> Iterator[list[Changed | Failed]]:
        """Yield what has changed until nothing is watched any more, with the failures of watches that one can do without.

        After the first event those of the next ``settle`` seconds are in the same batch; ``tick`` seconds without one make an empty
        batch. A failure of the watch ``must``, or one that is not of one API alone, is raised.
        """
        while self._running:
            found = self._gathered(tick, settle)
            self._cluster.scope.check()
            self._running -= sum(isinstance(event, Ended) for event in found)
            for event in found:
                if isinstance(event, Failed) and (event.source == must or not _is_partial(event.error)):
                    raise event.error
            yield [event for event in found if isinstance(event, Changed | Failed)]

    def _gathered(self, tick: float | None, settle: float) -> list[Event]:
        first: Event | None = self.line.get(tick)
        if first is None:
            return []
        found = [first]
        if settle:
            self._cluster.scope.sleep(settle)
            while not self.line.empty:
                found.append(self.line.get(0))
        return found

    def close(self) -> None:
        """End the watches and forget what has come."""
        self._let_go()
        self._stopped.set()
        for stream in list(self._streams.values()):
            stream.close()
        self.line.close()


def _is_partial(error: Exception) -> bool:
    return isinstance(error, ArenaError) and is_partial(error)
