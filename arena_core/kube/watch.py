"""Watching a collection: one stream of events over connections that come and go."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from arena_core.errors import ClusterUnreachable
from arena_core.kube.refusals import Gone, ServerFailure, refusal
from arena_core.kube.resources import ListResult, path_of
from arena_core.kube.transport import DELAYS, Answer, Stream, Transport
from arena_core.kube.wire import BROKEN
from arena_core.types import Manifest, Resource

log = logging.getLogger(__name__)

Event = tuple[str, Manifest]
#: How long one watch request may last; the server ends it then, and the next goes on from there.
ROUND = 290
#: How long a server may be gone before a watch gives up.
PATIENCE = 120.0


class Watch:
    """The state of one watch: where it stands, and what it has shown. ``read`` lists the collection as it is now."""

    def __init__(
        self,
        transport: Transport,
        resource: Resource,
        namespace: str,
        selectors: Mapping[str, str],
        read: Callable[[], ListResult],
        timeout: float | None,
        stop: Callable[[], bool],
        opened: Callable[[Stream], None] = lambda stream: None,
    ) -> None:
        self._transport = transport
        self._resource = resource
        self._namespace = namespace
        self._selectors = selectors
        self._read_all = read
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._stop = stop
        self._opened = opened
        self._version = ""
        self._known: dict[str, Manifest] = {}

    def events(self, resource_version: str, known: Iterable[Manifest] = ()) -> Iterator[Event]:
        """Yield events until the time is over."""
        self._version = resource_version
        self._known = {_key(obj): obj for obj in known}
        if not resource_version:
            yield from self._relist()
        failures = 0
        failed_since = 0.0
        while not self._over():
            try:
                for event in self._round():
                    failures = 0
                    yield event
                failures = 0
            except Gone:
                yield from self._relist()
            except (ServerFailure, ClusterUnreachable, OSError) as error:
                failed_since = failed_since if failures else time.monotonic()
                failures += 1
                if time.monotonic() - failed_since > PATIENCE:
                    raise
                log.debug("the watch of %s broke (%s), going on", self._resource.key, error)
                self._pause(DELAYS[min(failures, len(DELAYS)) - 1])

    def _over(self) -> bool:
        return self._stop() or (self._deadline is not None and time.monotonic() >= self._deadline)

    def _left(self) -> float:
        return ROUND if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def _pause(self, seconds: float) -> None:
        time.sleep(min(seconds, self._left()))

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
        stream = self._transport.stream(path_of(self._resource, self._namespace), query, timeout=seconds + 5)
        if isinstance(stream, Answer):
            raise refusal(stream.status, stream.body, verb="watch", resource=self._resource, namespace=self._namespace, name="")
        self._opened(stream)
        try:
            yield from self._read(stream)
        finally:
            stream.close()

    def _read(self, stream: Stream) -> Iterator[Event]:
        lines = stream.lines()
        while not self._over():
            if self._deadline is not None:
                stream.settimeout(self._left() + 0.01)
            try:
                line = next(lines, b"")
            except TimeoutError:
                return
            except BROKEN as error:
                log.debug("the watch of %s broke: %s", self._resource.key, type(error).__name__)
                raise ConnectionError(str(error)) from error
            if not line.endswith(b"\n"):
                return
            event = self._event(line)
            if event is not None:
                yield event

    def _event(self, line: bytes) -> Event | None:
        data = json.loads(line)
        kind, obj = data.get("type"), data.get("object") or {}
        if kind == "ERROR":
            code = int(obj.get("code") or 500)
            raise refusal(code, json.dumps(obj).encode(), verb="watch", resource=self._resource, namespace=self._namespace, name="")
        self._version = _version(obj) or self._version
        if kind == "BOOKMARK":
            return None
        if kind == "DELETED":
            self._known.pop(_key(obj), None)
        else:
            self._known[_key(obj)] = obj
        return str(kind), obj


def _key(obj: Manifest) -> str:
    metadata = obj.get("metadata") or {}
    return str(metadata.get("uid") or f"{metadata.get('namespace')}/{metadata.get('name')}")


def _version(obj: Manifest) -> str:
    return str((obj.get("metadata") or {}).get("resourceVersion") or "")
