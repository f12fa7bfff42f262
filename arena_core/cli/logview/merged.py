"""Lines of several sources as one list in the order of time, without ever making that list.

Which line is the n-th follows from the number of lines that each source has before a moment: the moment is found by halving.
Lines of one moment stand in the order of their sources.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from arena_core.cli.logview.columns import Column


class At(NamedTuple):
    """A line: when it was written, the number of its source, and which line of it."""

    time: int
    source: int
    nth: int


class Merged:
    """The list. ``columns`` are in the order of their sources' numbers."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = [column for column in columns if len(column)]
        self._length = sum(map(len, self.columns))

    def __len__(self) -> int:
        return self._length

    def window(self, row: int, count: int) -> list[At]:
        """Return lines from a row on."""
        if row >= len(self) or count <= 0:
            return []
        places = self._places(max(row, 0))
        ways = [_from(column, place) for column, place in zip(self.columns, places, strict=True)]
        return list(islice(heapq.merge(*ways), count))

    def row(self, line: At) -> int:
        """Return how many lines stand before a line, which need not be in the list."""
        found = 0
        for column in self.columns:
            number = column.source.number
            if number == line.source:
                found += column.place(line.nth)
            else:
                found += column.until(line.time) if number < line.source else column.earlier(line.time)
        return found

    def since(self, time: int) -> int:
        """Return the row of the first line that is not earlier than a time."""
        return sum(column.earlier(time) for column in self.columns)

    def _places(self, row: int) -> list[int]:
        """Return for each column how many of its lines stand before a row."""
        low, high = self._span()
        while low < high:
            middle = (low + high) // 2
            if sum(column.until(middle) for column in self.columns) > row:
                high = middle
            else:
                low = middle + 1
        places = [column.earlier(low) for column in self.columns]
        rest = row - sum(places)
        for n, column in enumerate(self.columns):
            more = min(rest, column.until(low) - places[n])
            places[n] += more
            rest -= more
        return places

    def _span(self) -> tuple[int, int]:
        first = min(next(column.lines(0))[0] for column in self.columns)
        last = max(next(column.lines(len(column) - 1))[0] for column in self.columns)
        return first, last


def _from(column: Column, place: int) -> Iterator[At]:
    number = column.source.number
    for time, index in column.lines(place):
        yield At(time, number, index)
