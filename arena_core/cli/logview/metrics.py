"""Figures that a training prints, as curves: read from the lines of a source bit by bit, and never twice."""

from __future__ import annotations

import time
from array import array
from typing import Any

from arena_core.cli.logview.query import uncoloured
from arena_core.cli.logview.source import Source
from arena_core.cli.logview.store import Store
from arena_core.lazily import pattern
from arena_core.usecases.progress.parse import recognised

#: Only lines with one of these words and a digit are looked at closely: that costs much more.
_SIGN = pattern(rb"(?i)loss|epoch|step|iter|batch|it/s|rmse|logloss|auc|acc|learn|perplexity|ppl|train|\d%\|")
_DIGIT = pattern(rb"\d")
#: So many points a curve has at most; then every second one is left out, again and again.
MOST = 2000
#: So many figures have curves.
FIGURES = 24
#: How long one answer may take before it says how far it is.
PATIENCE = 0.15


class Curves:
    """The figures of one source, read as far as ``look`` has come."""

    def __init__(self, store: Store, source: Source) -> None:
        self._store = store
        self._source = source
        self._next = 0
        self._figures: dict[str, tuple[array[int], array[float]]] = {}
        self._stride: dict[str, int] = {}
        self._count: dict[str, int] = {}

    def look(self, seconds: float = PATIENCE) -> float:
        """Read on for so long, or to the end; returns how much has been read, from 0 to 1."""
        end = time.monotonic() + seconds
        while self._next < len(self._source.blocks) and time.monotonic() < end:
            block = self._source.blocks[self._next]
            self._take(self._store.blocks.lines(block), self._store.blocks.times(block))
            self._next += 1
        return self._next / len(self._source.blocks) if self._source.blocks else 1.0

    def data(self) -> dict[str, Any]:
        """Return the curves: times in microseconds, and values; with the lines that are in no block yet."""
        fresh = Curves(self._store, self._source)
        with self._store.lock:
            fresh._take(*self._source.open_lines())
        found = []
        for name in list(dict.fromkeys([*self._figures, *fresh._figures])):
            times, values = self._figures.get(name, (array("q"), array("d")))
            more = fresh._figures.get(name, (array("q"), array("d")))
            found.append({"name": name, "times": [*times, *more[0]], "values": [*values, *more[1]]})
        return {"curves": found, "source": self._source.number, "label": self._source.label}

    def _take(self, lines: list[bytes], times: array[int]) -> None:
        for line, at in zip(lines, times, strict=True):
            if not _SIGN.search(line) or not _DIGIT.search(line):
                continue
            text = uncoloured(line[:2000]).decode("utf-8", "replace").rpartition("\r")[2]
            found = recognised(text)
            for name, value in (found.metrics if found else {}).items():
                self._point(name, at // 1000, value)

    def _point(self, name: str, at: int, value: float) -> None:
        if name not in self._figures:
            if len(self._figures) >= FIGURES:
                return
            self._figures[name], self._stride[name], self._count[name] = (array("q"), array("d")), 1, 0
        self._count[name] += 1
        if value != value or value in (float("inf"), float("-inf")) or self._count[name] % self._stride[name]:
            return
        times, values = self._figures[name]
        times.append(at)
        values.append(value)
        if len(times) >= MOST:
            del times[::2], values[::2]
            self._stride[name] *= 2
