"""The log of one container, read to its end: what was written is handed out once and in order, or it is an error.

A stream that ends proves nothing: a server that shuts down, or a proxy, ends it as cleanly as the end of the log. So it is read on from
where it was until the server has nothing more, and with the last lines the server is asked whether they are the last.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from itertools import count

from arena_core.contract.errors import ArenaError, ClusterUnreachable, NotFound, PermissionDenied
from arena_core.kube.logoptions import LogOptions
from arena_core.kube.logposition import HEAD, Position, Row, Rows, Skip, order, stamp_at
from arena_core.kube.nodes import NodeSilent, node_silent
from arena_core.kube.refusals import Invalid, refusal
from arena_core.kube.resources import PODS, path_of
from arena_core.kube.retry import DELAYS
from arena_core.kube.transport import READ_TIMEOUT, Answer, Stream, Transport
from arena_core.kube.wire import BROKEN
from arena_core.lazily import Logger, pattern
from arena_core.records import replace

log = Logger(__name__)

#: How often a log that broke off is read on without getting any further.
TRIES = 6
#: A kubelet turns a log over at 10 MiB; times and tags in its files count, too.
NEAR_LIMIT = 5 << 20
LATE = 5 * 10**9
#: What a node puts in the place of a log that it does not have. Lines of containers have times.
_EXCUSE = pattern(rb"(unable to retrieve container logs|failed to (?:try resolving symlinks|open log file|stat)|rpc error: )[^\n]*")
#: What the local cluster writes where lines are gone that a slow reader has not had.
_HOLE = pattern(rb"^(?P<time>\S+) \[arena\] \S+ lines are missing here: the container writes faster", re.MULTILINE)
_LINES_GONE = pattern(r"the first [0-9]+ lines of this log are gone")
_LONGEST_EXCUSE = 256
_TIME_BEGUN = pattern(rb"[0-9][0-9T:.Z+-]*")


class NoLog(ArenaError):
    """The node has no log for the container (any more)."""


class Incomplete(ClusterUnreachable):
    """A log could not be read to its end."""


class Gap(Exception):
    """The place where reading stopped is not in the log any more: the container was restarted, or the node has turned the log over."""


class LogReader:
    """Reads one log. ``position`` is how far; ``opened`` is given every stream, so that another thread can end the reading.

    ``on_gap`` is told when lines are out of reach, with the time of the last line before them.
    """

    def __init__(
        self,
        transport: Transport,
        namespace: str,
        pod: str,
        asked: LogOptions,
        *,
        opened: Callable[[Stream], None] = lambda stream: None,
        on_gap: Callable[[str], None] = lambda after: None,
        path: str = "",
    ) -> None:
        self._transport = transport
        self.scope = transport.scope
        #: Where the log is, if not with its pod.
        self.path = path or path_of(PODS, namespace, pod, "log")
        self._namespace = namespace
        self.pod = pod
        self._opened = opened
        self._on_gap = on_gap
        self.asked = replace(asked, timestamps=True, follow=False)
        self.position = Position(cut=Rows() if asked.tail >= 0 else None)
        #: Whether the last reading broke off.
        self.broken = False
        #: What the server says of lines that it has no more, "" where it says nothing.
        self.lost_at_the_beginning = ""
        self._first = b""
        self._size = 0
        self._began = time.monotonic()
        self._tail = max(asked.tail, 1)

    def whole(self, exists: Callable[[], bool]) -> Iterator[bytes]:
        """Yield the log, with times, as far as it goes now; raises ``Incomplete`` where its end cannot be reached.

        ``exists`` tells whether the pod is still there: a log whose pod is gone has no more to it.
        """
        failures, target = 0, b""
        for _ in count():
            got, error = False, None
            try:
                for data in self.read():
                    got = True
                    yield data
                newest = self.more()
                if newest is None or (target and order(self.position.time) > order(target)):
                    return
                # Whoever writes on is not followed: what was there at the first look has been asked for.
                target = target or newest
            except Gap:
                self.lost()
            except (NoLog, Invalid, NodeSilent):
                raise
            except NotFound:
                if not exists():
                    self._gone()
                    return
            except ArenaError as failure:
                error = failure
            failures = 0 if got else failures + 1
            if failures > (1 if isinstance(error, PermissionDenied) else TRIES):
                raise error or self.unfinished()
            self.scope.sleep(DELAYS[min(failures, len(DELAYS) - 1)])

    def read(self, *, follow: bool = False) -> Iterator[bytes]:
        """Yield what comes from the position on in one stream; raises when it breaks, and ``Gap`` before what comes after one.

        Each piece is cut after a newline or within a text, never within a timestamp.
        """
        if self.position.timeless and not self.position.time:
            raise Incomplete(f"the log of {self.pod} broke off, and without times of its lines it cannot be read on")
        self._anchor()
        options = self.position.resume(self.asked)
        if options.since_seconds:
            options = replace(options, since_seconds=options.since_seconds + int(time.monotonic() - self._began))
        skip = Skip(self.position)
        self.broken = True
        for data in self._pieces(replace(options, follow=follow)):
            fresh = skip.feed(data)
            if skip.gap:
                raise Gap
            if fresh:
                self._first = self._first or stamp_at(fresh)
                self._size += len(fresh)
                self.position.note(fresh)
                if b" [arena] " in fresh and (hole := _HOLE.search(fresh)):
                    self._on_gap(hole["time"].decode())
                yield fresh
        self.broken = False

    def more(self) -> bytes | None:
        """Return None where the end of the log has been reached, else the time of what comes after the position."""
        position = self.position
        if position.timeless and not position.time:
            return None
        if not self.asked.tail and not position.begun:
            return None
        seen = position.cut.all() if position.cut is not None else []
        rows = self._survey(len(seen) or (position.lines + 1))
        if not position.begun:
            return rows[-1].stamp if rows else None
        if seen:
            same_end = [(row.stamp, row.crc) for row in rows] == [(row.stamp, row.crc) for row in seen]
            return None if same_end else (rows or seen)[-1].stamp
        newer = [row.stamp for row in rows if row.stamp and order(row.stamp) > order(position.time)]
        same = [row for row in rows if row.stamp and order(row.stamp) == order(position.time)]
        if newer or len(same) != position.lines or (same and same[-1].crc != position.crc):
            return (newer or [position.time])[-1]
        return None

    def may_begin_late(self, started: str) -> bool:
        """Whether the log that was read begins long after its container, and is about as long as a node lets it grow."""
        from arena_core.k8s.time import nanos

        whole = self.asked.tail < 0 and not self.asked.since_seconds and not self.asked.since_time
        late = nanos(self._first.decode("ascii", "replace")) - nanos(started) > LATE if started else False
        return whole and self._size > NEAR_LIMIT and late

    def lost(self) -> None:
        """Tell that lines after the position are out of reach, and go on with what comes after them."""
        self._on_gap(self.position.time.decode("ascii", "replace"))
        self.position.lines = self.position.size = 0

    def _gone(self) -> None:
        if self.broken:
            raise Incomplete(f"the pod {self.pod} was removed before its log was read to the end")

    def unfinished(self) -> Incomplete:
        """Return the error for a log whose end cannot be reached."""
        where = f" after {self.position.time.decode('ascii', 'replace')}" if self.position.time else ""
        return Incomplete(f"the log of {self.pod} could not be read to its end: the answers break off{where}", "try again")

    def _anchor(self) -> None:
        """Find out how many lines with the time of the last one there are, where only the last lines of the log have been read."""
        if self.position.cut is None or not self.position.time:
            return
        wanted, tries = 2 * self.position.lines + 64, 0
        while tries < TRIES:
            rows = self._survey(wanted, self.position.size)
            if len(rows) >= wanted and order(rows[0].stamp) >= order(self.position.time):
                wanted *= 4
                continue
            group = [row for row in rows if row.stamp == self.position.time]
            newer = sum(order(row.stamp) > order(self.position.time) for row in rows)
            if self.position.anchor(group, len(group) + newer - self._tail):
                return
            tries += 1
        # What was seen is not there any more.
        self.position.cut, self.position.lines = None, 0
        raise Gap

    def _survey(self, last: int, mark: int = 0) -> list[Row]:
        """Return the last lines of the log as rows."""
        rows = Rows(mark)
        asked = replace(self.asked, since_time="", since_seconds=0) if self.position.begun else self.asked
        for data in self._pieces(replace(asked, tail=last)):
            rows.feed(data)
        return rows.all()

    def _pieces(self, options: LogOptions) -> Iterator[bytes]:
        """Yield the body as it comes, never cut within a timestamp."""
        stream = self._open(options)
        self._opened(stream)
        rest, first, at_start = b"", True, True
        try:
            for chunk in stream.chunks():
                data = rest + chunk
                begin = data.rfind(b"\n") + 1
                if (begin or at_start) and _is_begun(data, begin, first and not begin):
                    data, rest = data[:begin], data[begin:]
                else:
                    rest = b""
                if data:
                    _refuse_excuse(data, first, self.pod)
                    first, at_start = False, data.endswith(b"\n")
                    yield data
            # A part of a time: the line comes again, whole.
            if rest and (self.position.timeless or not _TIME_BEGUN.fullmatch(rest)):
                _refuse_excuse(rest, first, self.pod)
                yield rest
        except BROKEN as error:
            raise ClusterUnreachable(f"the log of {self.pod} broke off: {type(error).__name__}", "try again") from error
        finally:
            stream.close()

    def _open(self, options: LogOptions) -> Stream:
        answer = self._transport.stream(self.path, options.query(), timeout=None if options.follow else READ_TIMEOUT)
        if isinstance(answer, Answer):
            silent = node_silent(answer.status, answer.body, self.pod)
            raise silent or refusal(answer.status, answer.body, verb="get", resource=PODS, namespace=self._namespace, name=self.pod)
        kind = answer.response.headers.get("content-type", "").partition(";")[0]
        if kind in ("text/html", "application/json"):
            answer.close()
            raise ClusterUnreachable(
                f"{'a web page' if kind == 'text/html' else 'JSON'} came instead of the log of {self.pod}",
                "is a proxy or a login page between you and the cluster?",
            )
        if found := _LINES_GONE.search(answer.response.headers.get("warning", "")):
            self.lost_at_the_beginning = self.lost_at_the_beginning or found.group()
        return answer


def _is_begun(data: bytes, begin: int, first: bool) -> bool:
    """Whether the last line has begun and cannot be judged yet: a part of a time, or of what the node says in place of a log."""
    size = len(data) - begin
    if first and size < _LONGEST_EXCUSE and not stamp_at(data, begin):
        return size > 0
    return 0 < size < HEAD and b" " not in data[begin:]


def _refuse_excuse(data: bytes, first: bool, pod: str) -> None:
    found = _EXCUSE.match(data) if first else None
    if found:
        words = found.group().decode("utf-8", "replace")
        raise NoLog(
            f"the node has no log of {pod}: {words}", "a node keeps the log of a container's last run and of the one before, at most"
        )
