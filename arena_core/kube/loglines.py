"""From the bytes of a log with times to its lines, in time and memory that do not depend on how long a line is."""

from __future__ import annotations

from arena_core.kube.logposition import stamp_at

#: A line longer than this is handed out in pieces.
MAX_LINE = 1 << 16

#: The time of a line, and the line or a piece of it; only the last piece ends with a newline.
Piece = tuple[bytes, bytes]


class Lines:
    """Cuts a log into lines; with ``timestamps`` their times stay in front of them."""

    def __init__(self, timestamps: bool) -> None:
        self._timestamps = timestamps
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
        *whole, rest = data.split(b"\n")
        found: list[Piece] = []
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
