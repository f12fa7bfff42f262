"""Where a log has been read to, and how to go on from there without losing or doubling a line.

The API can only be asked for lines since a time, cut to whole seconds. So a log is always read with timestamps; what comes again is
left out by the time of the last line that was seen and the number of lines with this very time.
"""

from __future__ import annotations

import re
import zlib

from arena_core.kube.logoptions import LogOptions
from arena_core.lazily import pattern
from arena_core.records import record, replace

SECONDS = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}"
_STAMP = pattern(SECONDS + rb"[^ \n]{1,40}(?= )")
LONGEST_STAMP = 59
#: No timestamp is longer, with its blank.
HEAD = 64


def stamp_at(data: bytes, at: int = 0) -> bytes:
    """Return the timestamp of the line that begins there; empty for what the server itself put in."""
    found = _STAMP.match(data, at)
    return found.group() if found else b""


def order(stamp: bytes) -> tuple[bytes, bytes]:
    """Return what sorts the times of one log: the seconds, then the fraction, whose trailing zeros some servers leave out."""
    fraction = re.match(rb"\.([0-9]*)", stamp[19:])
    return stamp[:19], fraction.group(1).rstrip(b"0") if fraction else b""


def whole_seconds(stamp: bytes) -> str:
    """Return the time without its fraction, which the server would ignore."""
    return re.sub(rb"\.[0-9]*", b"", stamp).decode("ascii", "replace")


@record
class Row:
    """One line as it is recognised again: time, length, checksum, whether its newline has been seen, checksum of its beginning."""

    stamp: bytes = b""
    size: int = 0
    crc: int = 0
    whole: bool = False
    head: int = 0


class Rows:
    """Lines of a log as rows, gathered piece by piece; what they say is not kept. ``mark`` is how long the beginning of a line is."""

    def __init__(self, mark: int = 0) -> None:
        self.found: list[Row] = []
        self._open = Row()
        self._mark = mark

    def feed(self, data: bytes) -> None:
        """Take more of the log: it is cut after a newline or within a text, never within a timestamp."""
        for line in _lines(data):
            row, size = self._open, self._open.size + len(line)
            stamp = row.stamp or (stamp_at(line) if not row.size else b"")
            head = zlib.crc32(line[: self._mark - row.size], row.crc) if row.size < self._mark <= size else row.head
            row = Row(stamp, size, zlib.crc32(line, row.crc), line.endswith(b"\n"), head)
            if row.whole:
                self.found.append(row)
            self._open = Row() if row.whole else row

    def all(self) -> list[Row]:
        """Return all lines, also the last one if it is not whole."""
        return [*self.found, self._open] if self._open.size else list(self.found)


def _lines(data: bytes) -> list[bytes]:
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


class Position:
    """How far a log has been read."""

    def __init__(self, cut: Rows | None = None) -> None:
        #: The time of the last line that has begun, and how many lines with this very time have begun.
        self.time = b""
        self.lines = 0
        #: How much of the last line has been handed out, if its newline has not been seen; and a checksum of it, whole or not.
        self.size = 0
        self.crc = 0
        #: Whether something has come without a time: then there is nothing to go on from.
        self.timeless = False
        #: The lines that were seen, while all of them have one time and earlier ones may have it: the log was read from its last lines.
        self.cut = cut

    @property
    def begun(self) -> bool:
        """Whether anything has been read."""
        return bool(self.time) or self.timeless

    def resume(self, asked: LogOptions) -> LogOptions:
        """Return what to ask for to go on from here."""
        if not self.time:
            return asked
        return replace(asked, since_time=whole_seconds(self.time), tail=-1, since_seconds=0)

    def note(self, data: bytes) -> None:
        """Note what is handed out: it is cut after a newline or within a text, never within a timestamp."""
        if self.cut is not None:
            self.cut.feed(data)
        if self.size:
            end = data.find(b"\n") + 1
            self.crc = zlib.crc32(data[:end] if end else data, self.crc)
            if not end:
                self.size += len(data)
                return
            self.size, data = 0, data[end:]
        if not data:
            return
        begin = last = data.rfind(b"\n", 0, len(data) - 1) + 1
        stamp = stamp_at(data, last)
        while not stamp and last:
            last = data.rfind(b"\n", 0, last - 1) + 1
            stamp = stamp_at(data, last)
        if stamp:
            first = data.startswith(stamp + b" ")
            count = data.count(b"\n" + stamp + b" ") + first
            same = stamp == self.time and first
            self.lines = count + (self.lines if same else 0)
            if not same and (self.time or not first):
                self.cut = None  # all lines with this time have been seen
            self.time = stamp
        else:
            self.timeless = self.timeless or not self.time
        self.size = 0 if data.endswith(b"\n") else len(data) - begin
        self.crc = zlib.crc32(data[begin:])

    def anchor(self, group: list[Row], latest: int) -> bool:
        """Find the seen lines among all lines of the log with their time, and count those before them; False where they are not there.

        The rows of the group know the checksum of as much as has been seen of the last line. The first one that was seen is at
        ``latest`` or before it: the last lines were asked for, and there may be more since.
        """
        every = self.cut.all() if self.cut is not None else []
        seen = [row.crc for row in every if row.whole]
        begun = [row.crc for row in every if not row.whole]
        rows, heads = [row.crc for row in group], [row.head for row in group]
        for at in range(min(max(latest, 0), len(rows) - len(every)), -1, -1):
            end = at + len(seen)
            if rows[at:end] == seen and heads[end : end + len(begun)] == begun:
                self.lines, self.cut = at + len(every), None
                return True
        return False


class Skip:
    """Leaves out what comes again when a log is read from a position on. ``gap``: the place is not there any more."""

    def __init__(self, position: Position) -> None:
        self._time, self._left, self._size = position.time, position.lines, position.size
        self._in_line = False
        self._in_head = False
        self.done = not position.time
        self.gap = False

    def feed(self, data: bytes) -> bytes:
        """Return what is new."""
        at = 0
        while not self.done and at < len(data):
            if self._in_head:
                step = min(self._size, len(data) - at)
                at, self._size = at + step, self._size - step
                self.done = not self._size
            elif self._in_line:
                end = data.find(b"\n", at) + 1
                if not end:
                    return b""
                at, self._in_line = end, False
                self.done = not self._left
            else:
                self._line(stamp_at(data, at))
        return data[at:] if self.done else b""

    def _line(self, stamp: bytes) -> None:
        """Decide on a line that begins."""
        if not stamp or order(stamp) < order(self._time):
            self._in_line = True
        elif order(stamp) == order(self._time) and self._left:
            self._left -= 1
            self._in_head = not self._left and bool(self._size)
            self._in_line = not self._in_head
        else:
            self.done, self.gap = True, bool(self._left)
