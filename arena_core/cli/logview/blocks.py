"""Lines of all sources in blocks, in two files that are gone with the process: texts in one, times in the other.

A block is some lines of one source. In memory there are only a few numbers for each block, so that millions of lines cost little, and a
search reads the file of texts from its beginning to its end, whoever wrote the lines. The files are read with ``pread``: what the system
keeps of them is its cache, not our memory.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from collections import OrderedDict
from collections.abc import Sequence

#: A block is full with so many lines, or bytes.
LINES, BYTES = 256, 16 << 10
#: So many blocks' times are remembered.
_CACHED = 512


class Blocks:
    """Blocks are only added; what has been added never changes, so that it may be read while more is added."""

    def __init__(self) -> None:
        self._texts = tempfile.TemporaryFile(buffering=0, prefix="arena-logview-")  # noqa: SIM115
        self._times = tempfile.TemporaryFile(buffering=0, prefix="arena-logview-")  # noqa: SIM115
        #: Of each block: whose it is, and the place of its first line among those of its source.
        self.source = array("I")
        self.first = array("Q")
        #: Where each block's text begins, and how many lines of all sources are before it; one more than there are blocks.
        self.offset = array("Q", [0])
        self.before = array("Q", [0])
        self._recent: OrderedDict[int, array[int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self.source)

    @property
    def size(self) -> int:
        """Bytes of text in all blocks."""
        return self.offset[-1]

    def add(self, source: int, first: int, texts: Sequence[bytes], times: array[int]) -> int:
        """Store lines of a source and return the number of their block; ``first`` is the place of the first one in the source."""
        data = b"\n".join(texts) + b"\n"
        _write(self._texts.fileno(), data, self.offset[-1])
        _write(self._times.fileno(), times.tobytes(), self.before[-1] * times.itemsize)
        self.first.append(first)
        self.offset.append(self.offset[-1] + len(data))
        self.before.append(self.before[-1] + len(texts))
        self.source.append(source)  # the last: from now on the block is there
        return len(self.source) - 1

    def count(self, block: int) -> int:
        """Return the number of lines of a block."""
        return self.before[block + 1] - self.before[block]

    def lines(self, block: int) -> list[bytes]:
        """Return the lines of a block."""
        return self.text(block, block + 1).split(b"\n")[:-1]

    def text(self, begin: int, end: int) -> bytes:
        """Return the text of the blocks from ``begin`` up to ``end``: whole lines."""
        return os.pread(self._texts.fileno(), self.offset[end] - self.offset[begin], self.offset[begin])

    def times(self, block: int) -> array[int]:
        """Return the times of the lines of a block, each no earlier than the one before."""
        found = self._recent.pop(block, None)
        if found is None:
            found = array("q")
            found.frombytes(os.pread(self._times.fileno(), self.count(block) * found.itemsize, self.before[block] * found.itemsize))
            if len(self._recent) >= _CACHED:
                self._recent.pop(next(iter(self._recent), -1), None)
        self._recent[block] = found
        return found

    def close(self) -> None:
        """Forget everything."""
        self._texts.close()
        self._times.close()


def _write(file: int, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(file, data, at)
        data, at = data[written:], at + written
