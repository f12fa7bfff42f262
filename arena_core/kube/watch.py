"""Watching a collection: one stream of events over connections that come and go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from arena_core.contract.errors import ClusterUnreachable
from arena_core.contract.types import Manifest, Resource
from arena_core.kube import jsontext
from arena_core.kube.answer import Answer, BadAnswer, decode
from arena_core.kube.deadline import DeadlineExceeded
from arena_core.kube.refusals import Gone, refusal
from arena_core.kube.resources import ListResult, path_of
from arena_core.kube.retry import DELAYS
from arena_core.kube.shape import object_of
from arena_core.kube.transport import Stream, Transport
from arena_core.kube.wire import BROKEN
from arena_core.lazily import Logger
from arena_core.typed import Any

log = Logger(__name__)

Event = tuple[str, Manifest]
#: How long one watch request may last; the server ends it then, and the next goes on from there.
ROUND = 290
#: How long a server may be gone before a watch gives up.
PATIENCE = 120.0
#: How much longer than asked for a round may take.
SLACK = 5.0
#: A round that is over sooner and has brought nothing is followed by a pause.
QUICK = 1.0
#: No object is larger, by far.
MAX_LINE = 32 << 20


class Watch:
    """The state of one watch: where it stands, and what it has shown. ``read`` lists the collection as it is now."""

    def __init__(
        self,
        transport: Transport,
        resource: Resource,
        namespace: str,
        selectors: Mapping[str, str],
        read: Callable[[], ListResult],
        deadline: float | None,
        stop: Callable[[], bool],
        opened: Callable[[Stream], None] = lambda stream: None,
    ) -> None:
        self._transport = transport
        self._resource = resource
        self._namespace = namespace
        self._selectors = selectors
        self._read_all = read
        self._deadline = deadline
        self._stop = stop
        self._opened = opened
        self._version = ""
        self._known: dict[str, Manifest] = {}
        self._gap = False
        self._worked = False
        self._failed_since: float | None = None

    def events(self, resource_version: str, known: Iterable[Manifest] = ()) -> Iterator[Event]:
        """Yield events until the time is over."""
        self._version = resource_version
        self._known = {_key(obj): obj for obj in known}
        if not resource_version:
            yield from self._relist()
        idle = 0
        while not self._over():
            began, news = time.monotonic(), False
            try:
                for event in self._go_on():
                    news = True
                    self._failed_since = None
                    yield event
                self._failed_since = None
                self._worked = True
            except DeadlineExceeded:
                return
            except Gone:
                self._gap = True
            except (ClusterUnreachable, OSError) as error:
                self._bear(error)
            # A server that ends each watch at once, or calls each position too old, would be asked without a pause.
            idle = 0 if news or time.monotonic() - began >= QUICK else idle + 1
            if idle or self._failed_since is not None:
                self._pause(DELAYS[min(max(idle, 1), len(DELAYS)) - 1])

    def _go_on(self) -> Iterator[Event]:
        """Close a gap, if there is one, and watch for one round."""
        if self._gap:
            yield from self._relist()
            self._gap = False
        yield from self._round()

    def _bear(self, error: Exception) -> None:
        """Pass over a failure of a server that may come back; one patience for watch and list."""
        now = time.monotonic()
        self._failed_since = self._failed_since or now
        strange = isinstance(error, BadAnswer) and not self._worked
        if strange or now - self._failed_since > PATIENCE:
            raise error
        log.debug("the watch of %s broke (%s), going on", self._resource.key, error)

    def _over(self) -> bool:
        return self._stop() or (self._deadline is not None and time.monotonic() >= self._deadline)

    def _left(self) -> float:
        return ROUND if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def _pause(self, seconds: float) -> None:
        self._transport.scope.sleep(min(seconds, self._left()))

    def _relist(self) -> Iterator[Event]:
        """List anew and tell the difference to what is known."""
        found = self._read_all()
        self._version = found.resource_version
        before, self._known = self._known, {_key(item): item for item in found.items}
        for key, item in before.items():
            if key not in self._known:
                yield "DELETED", item
        for key, item in self._known.items():
            old = before.get(key)
            if old is None:
                yield "ADDED", item
            elif _version(old) != _version(item):
                yield "MODIFIED", item

    def _round(self) -> Iterator[Event]:
        seconds = min(ROUND, self._left())
        query: dict[str, Any] = {
            **self._selectors,
            "watch": True,
            "allowWatchBookmarks": True,
            "resourceVersion": self._version,
            "timeoutSeconds": max(1, int(seconds + 0.999)),
        }
        end = time.monotonic() + seconds + SLACK
        stream = self._transport.stream(path_of(self._resource, self._namespace), query, timeout=seconds + SLACK, deadline=self._deadline)
        if isinstance(stream, Answer):
            raise refusal(stream.status, stream.body, verb="watch", resource=self._resource, namespace=self._namespace, name="")
        self._opened(stream)
        try:
            for line in self._lines(stream, end):
                event = self._event(line)
                if event is not None:
                    yield event
        finally:
            stream.close()

    def _lines(self, stream: Stream, end: float) -> Iterator[bytes]:
        """Yield whole lines until the stream, the round or our time ends; a line that the end cuts comes again in the next round."""
        chunks, rest, size = stream.chunks(), list[bytes](), 0
        while not self._over() and time.monotonic() < end:
            stream.settimeout(min(self._left() + 0.01, end - time.monotonic() + 0.01))
            try:
                chunk = next(chunks, b"")
            except TimeoutError:
                return
            except BROKEN as error:
                log.debug("the watch of %s broke: %s", self._resource.key, type(error).__name__)
                raise ConnectionError(type(error).__name__) from error
            if not chunk:
                return
            first, newline, more = chunk.partition(b"\n")
            rest.append(first)
            size += len(first)
            if size > MAX_LINE:
                raise self._damaged("a line without end")
            while newline:
                yield b"".join(rest)
                first, newline, more = more.partition(b"\n")
                rest, size = [first], len(first)

    def _event(self, line: bytes) -> Event | None:
        try:
            data = decode(line)
        except ValueError:
            raise self._damaged("what is not JSON") from None
        kind, obj = (data.get("type"), data.get("object")) if isinstance(data, dict) else (None, None)
        if not isinstance(obj, dict) or kind not in ("ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"):
            raise self._damaged("what is not an event")
        if kind == "ERROR":
            code = obj.get("code")
            status = code if isinstance(code, int) and 400 <= code < 600 else 500
            raise refusal(status, jsontext.dumps(obj), verb="watch", resource=self._resource, namespace=self._namespace, name="")
        obj = object_of(obj, self._resource, "watch")
        self._version = _version(obj) or self._version
        if kind == "BOOKMARK":
            return None
        if kind == "DELETED":
            self._known.pop(_key(obj), None)
            return str(kind), obj
        old = self._known.get(_key(obj))
        self._known[_key(obj)] = obj
        return None if old is not None and _version(obj) and _version(old) == _version(obj) else (str(kind), obj)

    def _damaged(self, what: str) -> BadAnswer:
        return BadAnswer(f"the watch of {self._resource.plural} brings {what}", "a proxy may be in the way")


def _key(obj: Manifest) -> str:
    metadata = obj.get("metadata") or {}
    return str(metadata.get("uid") or f"{metadata.get('namespace')}/{metadata.get('name')}")


def _version(obj: Manifest) -> str:
    return str((obj.get("metadata") or {}).get("resourceVersion") or "")
