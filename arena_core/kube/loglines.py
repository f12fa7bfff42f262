"""From the bytes of a log with times to its lines, in time and memory that do not depend on how long a line is."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import repeat

from arena_core.kube.logposition import LONGEST_STAMP, SECONDS, stamp_at
from arena_core.lazily import pattern

#: A line longer than this is handed out in pieces.
MAX_LINE = 1 << 16

#: The time of a line, and the line or a piece of it; only the last piece ends with a newline.
Piece = tuple[bytes, bytes]


_SECONDS = pattern(SECONDS)
#: How long a time is up to its seconds, and up to its minutes.
_SECOND, _MINUTE = 19, 17


@lru_cache(maxsize=4)
def _times(*minutes: bytes) -> re.Pattern[bytes]:
    """Return what finds the times of these minutes, each with the newline before it."""
    words = b"|".join(map(re.escape, dict.fromkeys(minutes)))
    return re.compile(rb"\n(?:%b)[^ ]{%d,%d} " % (words, _SECOND + 1 - _MINUTE, LONGEST_STAMP - _MINUTE))


class Lines:
    """Cuts a log into lines; with ``timestamps`` their times stay in front of them. ``joined`` leaves whole lines together."""

    def __init__(self, timestamps: bool, *, joined: bool = False) -> None:
        self._timestamps = timestamps
        self._joined = joined
        self._stamp = b""
        self._begun = False
        self._held: list[bytes] = []
        self._size = 0

    @property
    def waiting(self) -> bool:
        """Whether a part of a line is held back."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[Piece]:
        """Return the lines that are whole now, and what has become too long to be held back."""
        if not self._joined:
            return self._cut(data)
        # First the rest of a line that has begun, then what is whole.
        begin = data.find(b"\n") + 1 if self._begun else 0
        end = data.rfind(b"\n") + 1
        block = self._block(data[begin:end]) if end > begin and (begin or not self._begun) else None
        if block is None:
            return self._cut(data)
        found = [*self._cut(data[:begin]), block]
        self._stamp = block[0]
        return found + self._cut(data[end:])

    def _cut(self, data: bytes) -> list[Piece]:
        found: list[Piece] = []
        *whole, rest = data.split(b"\n")
        for line in whole:
            text = self._text(line) + b"\n"
            if self._held:
                text = b"".join((*self._held, text))
                self._held, self._size = [], 0
            found.append((self._stamp, text))
            self._begun = False
        if rest:
            text = self._text(rest)
            self._held.append(text)
            self._size += len(text)
            if self._size > MAX_LINE:
                found += self.flush()
        return found

    def _block(self, data: bytes) -> Piece | None:
        """Return whole lines as one, or None where one of them has no time."""
        return self._alike(data) or self._apart(data)

    def _alike(self, data: bytes) -> Piece | None:
        """As ``_block``, of lines whose times are of the same minutes as the first and the last one: nearly all of a long log."""
        first, last = stamp_at(data), stamp_at(data, data.rfind(b"\n", 0, -1) + 1)
        if not (first and last):
            return None
        text, found = _times(first[:_MINUTE], last[:_MINUTE]).subn(b"\n", data[len(first) + 1 :])
        # As many times as there are newlines before lines, so every line has one: no match reaches over a newline, or there were fewer.
        if found != data.count(b"\n") - 1:
            return None
        return last, data if self._timestamps else text

    def _apart(self, data: bytes) -> Piece | None:
        lines = data.split(b"\n")
        lines.pop()
        # By pieces and not by one pattern: a long log has few seconds, and of each line only the blank after its time is looked for.
        ends = list(map(bytes.find, lines, repeat(b" ")))
        if min(ends) <= _SECOND or max(ends) > LONGEST_STAMP or not all(map(_SECONDS.fullmatch, {line[:_SECOND] for line in lines})):
            return None
        if not self._timestamps:
            data = b"\n".join([line[end + 1 :] for line, end in zip(lines, ends, strict=True)]) + b"\n"
        return lines[-1][: ends[-1]], data

    def flush(self) -> list[Piece]:
        """Return what is held back of a line that is not whole."""
        text, self._held, self._size = b"".join(self._held), [], 0
        return [(self._stamp, text)] if text else []

    def _text(self, line: bytes) -> bytes:
        """Return the text of a line, or of what comes next of one."""
        if self._begun:
            return line
        self._begun = True
        stamp = stamp_at(line)
        self._stamp = stamp or self._stamp
        return line if self._timestamps or not stamp else line[len(stamp) + 1 :]
