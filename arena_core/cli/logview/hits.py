"""Where in all lines something was found: filled bit by bit, and never from the beginning again.

The file of texts is read in large slabs. Counting in a slab is quick, so that most slabs of a rare text are done with then.
"""

from __future__ import annotations

import threading
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator

from arena_core.cli.logview.columns import Picked
from arena_core.cli.logview.merged import Merged
from arena_core.cli.logview.query import Query, uncoloured
from arena_core.cli.logview.source import Source
from arena_core.cli.logview.store import Store
from arena_core.contract.errors import UsageError

#: Bytes that are looked through at once.
SLAB = 2 << 20
#: So many hits are remembered; who finds more is told that there are more.
MOST = 4_000_000
#: From so many hits in a slab on its lines are looked at one by one.
_DENSE = 3000


class Hits:
    """The lines that match all of some queries."""

    def __init__(self, store: Store, queries: Collection[Query]) -> None:
        self._store = store
        self._queries = list(queries)
        for query in self._queries:
            query.matcher()  # says what is no regular expression
        #: Texts first: they leave less to expressions.
        self._order = sorted(self._queries, key=lambda query: query.regex)
        self._failed: UsageError | None = None
        plain = [query for query in self._queries if query.needle() and not query.inverted]
        #: The one that is looked for first, in whole slabs.
        self._first = max(plain, key=lambda query: len(query.text), default=None)
        self._alone = self._first is not None and len(self._queries) == 1
        self._indices: dict[int, array[int]] = {}
        self._times: dict[int, array[int]] = {}
        self._next = 0
        #: Of the lines of a source that are in no block yet: from which on it was (``sealed``), how many were looked at, and the hits.
        self._fresh: dict[int, tuple[int, int, list[int]]] = {}
        self._lock = threading.Lock()
        self.count = 0

    @property
    def share(self) -> float:
        """How much of all blocks has been looked through, from 0 to 1."""
        return self._next / len(self._store.blocks) if len(self._store.blocks) else 1.0

    @property
    def full(self) -> bool:
        """Whether there are more hits than are remembered."""
        return self.count >= MOST

    def look(self, seconds: float) -> None:
        """Look on for so long, or to the end."""
        end = time.monotonic() + seconds
        with self._lock:
            while self._next < len(self._store.blocks) and not self.full:
                self._slab()
                if time.monotonic() >= end:
                    return

    def merged(self, numbers: Collection[int] | None) -> Merged:
        """Return what was found in some sources, with the newest lines that are in no block yet; the store's lock must be held."""
        sources = [s for s in self._store.sources if numbers is None or s.number in numbers]
        return Merged([self._column(source) for source in sources])

    def _column(self, source: Source) -> Picked:
        indices = self._indices.get(source.number, array("Q"))
        times = self._times.get(source.number, array("q"))
        if self._next < len(self._store.blocks):
            return Picked(source, indices, times)
        texts, stamps = source.open_lines()
        fresh = self._newest(source, texts)
        if fresh:
            indices = indices + array("Q", [source.sealed + at for at in fresh])
            times = times + array("q", [stamps[at] for at in fresh])
        return Picked(source, indices, times)

    def _newest(self, source: Source, texts: list[bytes]) -> list[int]:
        """Return which of the lines that are in no block match; whole lines are looked at once."""
        sealed, seen, found = self._fresh.get(source.number, (-1, 0, []))
        if sealed != source.sealed:
            seen, found = 0, []
        whole = len(source.texts)
        found = found + [seen + at for at in self._picks([uncoloured(text) for text in texts[seen:whole]])]
        self._fresh[source.number] = (source.sealed, whole, found)
        return found + [whole + at for at in self._picks([uncoloured(text) for text in texts[whole:]])]

    def _picks(self, lines: list[bytes]) -> list[int]:
        """Return which lines match all of the queries. An expression that once took too long is not tried again."""
        if self._failed is not None:
            raise self._failed
        kept = list(range(len(lines)))
        try:
            for query in self._order:
                found = set(query.picks([lines[at] for at in kept]))
                kept = [at for place, at in enumerate(kept) if (place in found) is not query.inverted]
        except UsageError as error:
            self._failed = error
            raise
        return kept

    def _slab(self) -> None:
        blocks = self._store.blocks
        begin, last = self._next, len(blocks)
        size = SLAB if self._first is not None else SLAB // 8
        end = begin + 1
        while end < last and blocks.offset[end + 1] - blocks.offset[begin] <= size:
            end += 1
        data = blocks.text(begin, end)
        if self._first is None:
            self._one_by_one(data, begin)
        else:
            needle = self._first.needle()
            shown = uncoloured(data)
            if not self._first.cased:
                shown = shown.lower()
            found = shown.count(needle)
            if found > _DENSE or (found and not self._alone):
                self._one_by_one(data, begin)
            elif found:
                self._sparse(shown, needle, begin)
        self._next = end

    def _one_by_one(self, data: bytes, block: int) -> None:
        shown = uncoloured(data)
        if self._alone and self._first is not None:
            needle = self._first.needle()
            lines = (shown if self._first.cased else shown.lower()).split(b"\n")[:-1]
            found = [at for at, line in enumerate(lines) if needle in line]
        else:
            found = self._picks(shown.split(b"\n")[:-1])
        self._keep(found, block)

    def _sparse(self, data: bytes, needle: bytes, block: int) -> None:
        self._keep(list(_lines_with(data, needle)), block)

    def _keep(self, found: list[int], begin: int) -> None:
        """Remember lines, which are counted from the beginning of a block on; all that one block has at once."""
        blocks = self._store.blocks
        base, at = blocks.before[begin], 0
        while at < len(found):
            block = bisect_right(blocks.before, base + found[at]) - 1
            start, count, first = blocks.before[block] - base, blocks.count(block), blocks.first[block]
            end = bisect_left(found, start + count, at)
            indices = self._indices.setdefault(blocks.source[block], array("Q"))
            times, stamps = self._times.setdefault(blocks.source[block], array("q")), blocks.times(block)
            if end - at == count:
                indices.extend(range(first, first + count))
                times.extend(stamps)
            else:
                indices.extend([first + line - start for line in found[at:end]])
                times.extend([stamps[line - start] for line in found[at:end]])
            at = end
        self.count += len(found)


def _lines_with(data: bytes, needle: bytes) -> Iterator[int]:
    """Yield the numbers of the lines that hold a text."""
    line, counted = 0, 0
    at = data.find(needle)
    while at >= 0:
        line += data.count(b"\n", counted, at)
        yield line
        counted = data.find(b"\n", at)
        at = data.find(needle, counted)
