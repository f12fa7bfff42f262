"""What of the lines the page looks at: sources, filters, and a window of rows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from arena_core.cli.logview.columns import Whole
from arena_core.cli.logview.hits import MOST, SLAB, Hits
from arena_core.cli.logview.merged import At, Merged
from arena_core.cli.logview.query import Query
from arena_core.cli.logview.store import Store
from arena_core.contract.errors import UsageError

#: So many searches are remembered, and so many hits of all but the newest together: of a view and a search in it both, at least.
_RECENT, _HITS = 8, MOST + SLAB
#: A longer line is cut on the page.
LONGEST = 4000
#: So many rows are given at once.
MOST_ROWS = 2000
#: How long an answer to a search may take before it says how far it is.
PATIENCE = 0.12


class View(NamedTuple):
    """Which lines: of these sources (None: all), that match all of the filters."""

    sources: frozenset[int] | None = None
    filters: tuple[Query, ...] = ()


def number_of(query: Mapping[str, str], name: str, default: int = 0) -> int:
    """Return a number of a query; raises ``UsageError``."""
    text = query.get(name, "")
    if not text:
        return default
    try:
        return int(text[:20])
    except ValueError:
        raise UsageError(f"{name}={text[:40]!r} is not a number") from None


def query_of(text: str, marks: str) -> Query:
    """Return what a text with marks means: ``r`` a regular expression, ``c`` with case, ``!`` all but those."""
    return Query(text[:1000], "r" in marks, "c" in marks, "!" in marks)


def view_of(query: Mapping[str, str]) -> View:
    """Return what a query asks for: ``s`` names sources (``0,3-5``), ``f`` is a filter with the marks ``fm``."""
    filters = (query_of(query["f"], query.get("fm", "")),) if query.get("f") else ()
    return View(_sources(query["s"]) if "s" in query else None, filters)


def _sources(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        low, dash, high = part.partition("-")
        if not (low.isdigit() and (high.isdigit() or not dash)) or len(part) > 15:
            raise UsageError(f"s={text[:40]!r} names no sources")
        found.update(range(int(low), min(int(high or low), int(low) + 100_000) + 1))
    return frozenset(found)


class Views:
    """Answers about views of a store. ``clean`` makes the text of a line harmless."""

    def __init__(self, store: Store, clean: Callable[[bytes], bytes]) -> None:
        self.store = store
        self._clean = clean
        self._recent: OrderedDict[tuple[Query, ...], Hits] = OrderedDict()

    def hits(self, queries: tuple[Query, ...]) -> Hits:
        """Return what is known of a search."""
        with self.store.lock:
            found = self._recent.pop(queries, None) or Hits(self.store, queries)
            self._recent[queries] = found
            while len(self._recent) > 1 and (len(self._recent) > _RECENT or self._remembered(found) > _HITS):
                self._recent.popitem(last=False)
        return found

    def _remembered(self, newest: Hits) -> int:
        return sum(hits.count for hits in self._recent.values() if hits is not newest)

    def rows(self, view: View, row: int, count: int, anchor: At | None = None, *, end: bool = False) -> dict[str, Any]:
        """Return a window of a view, and how many lines it has; ``row`` counts from the anchor if there is one, ``end`` gives the last."""
        hits = self.hits(view.filters) if view.filters else None
        if hits is not None:
            hits.look(PATIENCE)
        with self.store.lock:
            merged = self._merged(view, hits)
            count = min(count, MOST_ROWS)
            base = 0 if anchor is None else merged.row(anchor)
            begin = max(0, min(len(merged) - count if end else base + row, len(merged)))
            lines = merged.window(begin, count)
            texts = self.store.texts(lines)
            return {
                "total": len(merged),
                "done": 1.0 if hits is None else hits.share,
                "more": hits is not None and hits.full,
                "at": begin,
                "anchor": base,
                "rows": [self._row(line, text) for line, text in zip(lines, texts, strict=True)],
            }

    def search(self, view: View, query: Query, start: int | At, step: int, patience: float = PATIENCE) -> dict[str, Any]:
        """Return how often something is in a view, and a hit: after a line (``step`` 1), before it (-1), or itself (0).

        From a row on, the next one may be in that row.
        """
        hits = self.hits((*view.filters, query))
        hits.look(patience)
        base = self.hits(view.filters) if view.filters else None
        with self.store.lock:
            merged, found = self._merged(view, base), hits.merged(view.sources)
            answer = {"count": len(found), "done": hits.share, "more": hits.full, "n": 0, "row": -1, "line": None}
            if not len(found):
                return answer
            here = start if isinstance(start, At) else merged.window(min(max(start, 0), len(merged) - 1), 1)[0]
            place = found.row(here)
            exactly = found.window(place, 1)[:1] == [here]
            wanted = place + (exactly and step > 0 and isinstance(start, At)) if step >= 0 else place - 1
            line = found.window(wanted % len(found), 1)[0]
            return {**answer, "n": wanted % len(found) + 1, "row": merged.row(line), "line": [line.source, line.nth]}

    def every(self, view: View) -> Iterator[tuple[At, bytes]]:
        """Yield all lines of a view with their texts; those that come meanwhile are left out."""
        hits = self.hits(view.filters) if view.filters else None
        if hits is not None:
            while not hits.full and hits.share < 1:
                hits.look(1.0)
        with self.store.lock:
            left = len(self._merged(view, hits))
        last: At | None = None
        while left > 0:
            with self.store.lock:
                merged = self._merged(view, hits)
                lines = merged.window(0 if last is None else merged.row(last) + 1, min(left, MOST_ROWS))
                texts = self.store.texts(lines)
            if not lines:
                return
            yield from zip(lines, texts, strict=True)
            left -= len(lines)
            last = lines[-1]

    def row_of(self, view: View, line: At) -> int:
        """Return how many lines of a view stand before a line."""
        with self.store.lock:
            return self._merged(view, self.hits(view.filters) if view.filters else None).row(line)

    def row_at(self, view: View, time: int) -> int:
        """Return the row of the first line that is not earlier than a time in nanoseconds."""
        with self.store.lock:
            return self._merged(view, self.hits(view.filters) if view.filters else None).since(time)

    def exact(self, source: int, index: int, micros: int) -> At:
        """Return a line with its time to the nanosecond, as far as there is such a line."""
        with self.store.lock:
            if 0 <= source < len(self.store.sources) and 0 <= index < len(self.store.sources[source]):
                return Merged([Whole(self.store.sources[source], self.store.blocks)]).window(index, 1)[0]
        return At(micros * 1000, source, index)

    def line(self, source: int, index: int) -> bytes:
        """Return one whole line; raises ``UsageError``."""
        with self.store.lock:
            if not (0 <= source < len(self.store.sources) and 0 <= index < len(self.store.sources[source])):
                raise UsageError("there is no such line")
            return self._clean(self.store.texts([At(0, source, index)])[0])

    def _merged(self, view: View, hits: Hits | None) -> Merged:
        return self.store.all_of(view.sources) if hits is None else hits.merged(view.sources)

    def _row(self, line: At, text: bytes) -> list[Any]:
        shown = self._clean(text[: LONGEST * 4]).decode("utf-8", "replace")
        more = len(text) if len(shown) > LONGEST or len(text) > LONGEST * 4 else 0
        return [line.source, line.nth, line.time // 1000, shown[:LONGEST], *([more] if more else [])]
