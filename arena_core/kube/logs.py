"""Container logs as lines. A followed log survives a broken connection: timestamps tell where to go on, so no line is lost or doubled."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from arena_core.errors import ArenaError, ClusterUnreachable
from arena_core.kube.refusals import refusal
from arena_core.kube.resources import PODS, path_of
from arena_core.kube.transport import DELAYS, Answer, Stream, Transport
from arena_core.kube.wire import BROKEN
from arena_core.types import Manifest

log = logging.getLogger(__name__)

#: How long a server may be gone before a followed log gives up.
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What part of a log is asked for, as in the API. ``tail`` below 0 means everything."""

    container: str = ""
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail: int = -1
    since_seconds: int = 0
    since_time: str = ""
    limit_bytes: int = 0

    def query(self) -> dict[str, Any]:
        """Return the query of the request."""
        return {
            "container": self.container,
            "follow": self.follow,
            "previous": self.previous,
            "timestamps": self.timestamps,
            "tailLines": self.tail if self.tail >= 0 else None,
            "sinceSeconds": self.since_seconds or None,
            "sinceTime": self.since_time,
            "limitBytes": self.limit_bytes or None,
        }


class Position:
    """Where a log has been read to: the time of the last line, and how many lines with this very time have been seen."""

    def __init__(self) -> None:
        self.time = ""
        self._seen = 0
        self._skip_time = ""
        self._skip = 0

    def resume(self, options: LogOptions) -> LogOptions:
        """Return the options that go on from here. The server cuts the time to whole seconds, so lines come again and are skipped."""
        self._skip_time, self._skip = self.time, self._seen
        if not self.time:
            return options
        return replace(options, since_time=_whole_seconds(self.time), tail=-1, since_seconds=0)

    def is_new(self, stamp: str) -> bool:
        """Whether a line with this timestamp has not been shown before a resume."""
        if self._skip_time:
            order = _sortable(stamp)
            last = _sortable(self._skip_time)
            if order < last:
                return False
            if order == last and self._skip > 0:
                self._skip -= 1
                return False
        if stamp == self.time:
            self._seen += 1
        else:
            self.time, self._seen = stamp, 1
        return True


def stream(transport: Transport, namespace: str, pod: str, options: LogOptions, find_pod: Callable[[], Manifest | None]) -> Iterator[bytes]:
    """Yield the lines of a log, each with its newline (the last one may lack it).

    ``find_pod`` reads the pod, or None when it is gone: it tells whether a stream that ended is the end of the log.
    """
    if not options.follow:
        yield from _lines(_open(transport, namespace, pod, options))
        return
    yield from follow(transport, namespace, pod, options, Position(), lambda: _ended(find_pod(), options.container))


def follow(
    transport: Transport,
    namespace: str,
    pod: str,
    options: LogOptions,
    position: Position,
    ended: Callable[[], bool],
    opened: Callable[[Stream], None] = lambda stream: None,
) -> Iterator[bytes]:
    """Yield lines from ``position`` on until the container has ended and its log is read; ``ended`` is asked when the stream ends.

    ``opened`` is given every stream, so that another thread can end the reading by closing it.
    """
    asked = replace(options, timestamps=True)
    failures, failed_since, idle = 0, 0.0, 0
    while True:
        done, idle = False, idle + 1
        try:
            current = position.resume(asked)
            source = _open(transport, namespace, pod, current)
            opened(source)
            for line in _whole_lines(source):
                failures = 0
                stamp, text = split_timestamp(line)
                if stamp is None or position.is_new(stamp):
                    idle = 0
                    yield line if options.timestamps or stamp is None else text
            done = ended()
        except ClusterUnreachable as error:
            failed_since = failed_since if failures else time.monotonic()
            failures += 1
            if time.monotonic() - failed_since > PATIENCE:
                raise
            log.debug("the log of %s broke off (%s), going on from %s", pod, error, position.time or "the start")
        if done:
            # The stream may have ended because the server did; what came after is read once more to the end.
            yield from _rest(transport, namespace, pod, options, position)
            return
        time.sleep(DELAYS[min(max(failures, idle - 1), len(DELAYS) - 1)])


def _rest(transport: Transport, namespace: str, pod: str, options: LogOptions, position: Position) -> Iterator[bytes]:
    current = replace(position.resume(options), follow=False, timestamps=True)
    try:
        for line in _lines(_open(transport, namespace, pod, current)):
            stamp, text = split_timestamp(line)
            if stamp is not None and position.is_new(stamp):
                yield line if options.timestamps else text
    except ArenaError:
        log.debug("the pod %s is gone, its log cannot be read to the end", pod)


def _ended(found: Manifest | None, container: str) -> bool:
    """Whether the container runs no more."""
    if found is None:
        return True
    status = found.get("status") or {}
    if status.get("phase") in ("Succeeded", "Failed"):
        return True
    rows = (status.get("containerStatuses") or []) + (status.get("initContainerStatuses") or [])
    named = [row for row in rows if not container or row.get("name") == container]
    return bool(named) and not any("running" in (row.get("state") or {}) for row in named)


def _open(transport: Transport, namespace: str, pod: str, options: LogOptions) -> Stream:
    answer = transport.stream(path_of(PODS, namespace, pod, "log"), options.query(), timeout=None if options.follow else 60)
    if isinstance(answer, Answer):
        raise refusal(answer.status, answer.body, verb="get", resource=PODS, namespace=namespace, name=pod)
    return answer


def _lines(stream: Stream) -> Iterator[bytes]:
    lines = stream.lines()
    try:
        while True:
            try:
                line = next(lines, b"")
            except (*BROKEN, OSError) as error:
                raise ClusterUnreachable(f"the log broke off: {type(error).__name__}", "try again") from error
            if not line:
                return
            yield line
    finally:
        stream.close()


def _whole_lines(stream: Stream) -> Iterator[bytes]:
    """Leave out an unfinished last line: when the stream is resumed it comes again, whole."""
    for line in _lines(stream):
        if line.endswith(b"\n"):
            yield line


def split_timestamp(line: bytes) -> tuple[str | None, bytes]:
    """Return the timestamp and the rest of a line; no timestamp for what the server itself put in (``unable to retrieve ...``)."""
    stamp, space, text = line.partition(b" ")
    if space and len(stamp) >= 20 and stamp[4:5] == b"-" and stamp[10:11] == b"T":
        return stamp.decode("ascii", "replace"), text
    return None, line


def _whole_seconds(stamp: str) -> str:
    base, dot, rest = stamp.partition(".")
    return base + rest.lstrip("0123456789") if dot else stamp


def _sortable(stamp: str) -> tuple[str, str]:
    """Compare RFC 3339 times of one log by seconds, then by the fraction, whose trailing zeros are left out."""
    base, _, rest = stamp.partition(".")
    if not rest:
        return base.rstrip("Z")[:19], ""
    digits = "".join(c for c in rest if c.isdigit()) if rest.endswith("Z") else rest.partition("+")[0].partition("-")[0]
    return base[:19], digits.rstrip("0")
