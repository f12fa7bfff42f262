"""Lines of one source in order, all of them or those that were picked: what lists of several sources are merged from."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Protocol

from arena_core.cli.logview.blocks import Blocks
from arena_core.cli.logview.source import Source


class Column(Protocol):
    """Lines of one source, in order; a *place* counts through the column, an *index* through all lines of the source."""

    source: Source

    def __len__(self) -> int: ...

    def earlier(self, time: int) -> int:
        """Return how many lines are earlier than a time."""

    def until(self, time: int) -> int:
        """Return how many lines are not later than a time."""

    def place(self, index: int) -> int:
        """Return how many lines have a smaller index."""

    def lines(self, place: int) -> Iterator[tuple[int, int]]:
        """Yield (time, index) from a place on."""


class Whole:
    """All lines that a source has at the moment."""

    def __init__(self, source: Source, blocks: Blocks) -> None:
        self.source = source
        self._blocks = blocks
        self._times = source.open_lines()[1]
        self._sealed = source.sealed
        #: Of the blocks of the source those that there are now.
        self._count = len(source.blocks)

    def __len__(self) -> int:
        return self._sealed + len(self._times)

    def earlier(self, time: int) -> int:
        """Return how many lines are earlier than a time."""
        if self._times and self._times[0] < time:
            return self._sealed + bisect_left(self._times, time)
        block = bisect_left(self.source.starts, time) - 1
        return 0 if block < 0 else self.source.firsts[block] + bisect_left(self._blocks.times(self.source.blocks[block]), time)

    def until(self, time: int) -> int:
        """Return how many lines are not later than a time."""
        if self._times and self._times[0] <= time:
            return self._sealed + bisect_right(self._times, time)
        block = bisect_right(self.source.starts, time) - 1
        return 0 if block < 0 else self.source.firsts[block] + bisect_right(self._blocks.times(self.source.blocks[block]), time)

    def place(self, index: int) -> int:
        """Return how many lines have a smaller index."""
        return min(index, len(self))

    def lines(self, place: int) -> Iterator[tuple[int, int]]:
        """Yield (time, index) from a place on."""
        block = bisect_right(self.source.firsts, place) - 1 if place < self._sealed else self._count
        while block < self._count:
            first = self.source.firsts[block]
            times = self._blocks.times(self.source.blocks[block])
            for at in range(place - first, len(times)):
                yield times[at], first + at
            place, block = first + len(times), block + 1
        for at in range(place - self._sealed, len(self._times)):
            yield self._times[at], self._sealed + at


class Picked:
    """Some lines of a source: ``indices`` and ``times`` belong together."""

    def __init__(self, source: Source, indices: array[int], times: array[int]) -> None:
        self.source = source
        self._indices = indices
        self._times = times

    def __len__(self) -> int:
        return len(self._times)

    def earlier(self, time: int) -> int:
        """Return how many lines are earlier than a time."""
        return bisect_left(self._times, time)

    def until(self, time: int) -> int:
        """Return how many lines are not later than a time."""
        return bisect_right(self._times, time)

    def place(self, index: int) -> int:
        """Return how many lines have a smaller index."""
        return bisect_left(self._indices, index)

    def lines(self, place: int) -> Iterator[tuple[int, int]]:
        """Yield (time, index) from a place on."""
        for at in range(place, len(self._times)):
            yield self._times[at], self._indices[at]
