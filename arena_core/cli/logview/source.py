"""The lines of one run of one container: most of them in blocks, the newest in memory."""

from __future__ import annotations

from array import array
from collections.abc import Callable

from arena_core.cli.logview.blocks import BYTES, LINES, Blocks

#: Seconds without a line that are a silence; so many of them are remembered, the longest.
SILENCE, SILENCES = 60, 40
#: A line that gets longer than this is cut.
LONGEST = 1 << 16


class Source:
    """Lines are only added at the end. The last one may still grow: a progress bar, or a line whose end has not come."""

    def __init__(self, number: int, job: int, label: str, pod: str, *, previous: bool = False) -> None:
        self.number = number
        self.job = job
        self.label = label
        self.pod = pod
        self.previous = previous
        self.blocks = array("I")
        #: The place of each block's first line, and its time.
        self.firsts = array("Q")
        self.starts = array("q")
        self.sealed = 0
        self.texts: list[bytes] = []
        self.times = array("q")
        self._size = 0
        self._open = b""
        self._last = 0
        self.began = 0
        #: (last line before, first line after), in nanoseconds.
        self.silences: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return self.sealed + len(self.texts) + bool(self._open)

    @property
    def last(self) -> int:
        """The time of the newest line, 0 where there is none."""
        return self._last

    def open_lines(self) -> tuple[list[bytes], array[int]]:
        """Return (texts, times) of the lines that are in no block yet, the one that is not whole among them."""
        if not self._open:
            return self.texts, self.times
        return [*self.texts, shown(self._open)], self.times + array("q", [self._last])

    def append(self, time: int, data: bytes, seal: Callable[[], object]) -> None:
        """Take a line, or a piece of one (then it has no newline at its end); ``seal`` is called where there is enough for a block."""
        if time - self._last > SILENCE * 1_000_000_000 and self._last:
            self._note_silence(time)
        self._last = max(self._last, time)
        self.began = self.began or self._last
        whole = data.endswith(b"\n")
        text = self._open + (data[:-1] if whole else data)
        if b"\r" in text:
            text = redrawn(text)
        if not whole and len(text) < LONGEST:
            self._open = text
            return
        self._open = b""
        self.texts.append(text.rstrip(b"\r"))
        self.times.append(self._last)
        self._size += len(text) + 1
        if self._size >= BYTES or len(self.texts) >= LINES:
            seal()

    def _note_silence(self, time: int) -> None:
        self.silences.append((self._last, time))
        if len(self.silences) > SILENCES:
            self.silences.remove(min(self.silences, key=lambda pair: pair[1] - pair[0]))

    def seal(self, blocks: Blocks) -> None:
        """Move the whole lines from memory into a block."""
        block = blocks.add(self.number, self.sealed, self.texts, self.times)
        self.blocks.append(block)
        self.firsts.append(self.sealed)
        self.starts.append(self.times[0])
        self.sealed += len(self.texts)
        self.texts, self.times, self._size = [], array("q"), 0


def redrawn(text: bytes) -> bytes:
    r"""Return what is left of a line that was drawn over again and again, as a terminal shows it at last.

    >>> redrawn(b"10%\r20%\r"), redrawn(b"text\r")
    (b'20%\r', b'text\r')
    """
    kept = text.rstrip(b"\r")
    return kept.rpartition(b"\r")[2] + (b"\r" if len(kept) < len(text) else b"")


def shown(text: bytes) -> bytes:
    """Return a line that is not whole as it is shown."""
    return text.rstrip(b"\r")
