"""What each source did when: its lines over time, its silences, its first error."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from arena_core.cli.logview.source import Source
from arena_core.cli.logview.store import Store
from arena_core.usecases.firsterror import error_among

#: The text of an error is cut after so many letters.
_LONGEST = 300


class Errors:
    """The first error of each source, looked for once in each line."""

    def __init__(self, store: Store) -> None:
        self._store = store
        #: By source: (index of the line, its time, its text).
        self.first: dict[int, tuple[int, int, str]] = {}
        self._seen: dict[int, int] = {}
        store.on_seal.append(self.look)

    def look(self, source: Source) -> None:
        """Look through the lines that are in no block yet; the store's lock must be held."""
        if source.number in self.first:
            return
        begin = max(0, self._seen.get(source.number, 0) - source.sealed)
        texts = source.texts[begin:]
        self._seen[source.number] = source.sealed + len(source.texts)
        at = error_among(texts) if texts else None
        if at is not None:
            text = texts[at].decode("utf-8", "replace")[:_LONGEST]
            self.first[source.number] = (source.sealed + begin + at, source.times[begin + at], text)

    def timeline(self, buckets: int) -> dict[str, Any]:
        """Return the time that is covered, and a row for each source; times in microseconds."""
        with self._store.lock:
            sources = self._store.sources
            for source in sources:
                self.look(source)
            begin = min((s.began for s in sources if s.began), default=0)
            end = max((s.last for s in sources), default=0)
            rows = [self._row(source, begin, end, buckets) for source in sources]
            return {"from": begin // 1000, "to": end // 1000, "sources": rows}

    def _row(self, source: Source, begin: int, end: int, buckets: int) -> dict[str, Any]:
        error = self.first.get(source.number)
        return {
            "n": source.number,
            "job": source.job,
            "label": source.label,
            "pod": source.pod,
            "previous": source.previous,
            "lines": len(source),
            "first": source.began // 1000,
            "last": source.last // 1000,
            "silences": [[a // 1000, b // 1000] for a, b in source.silences],
            "error": [error[0], error[1] // 1000, error[2]] if error else None,
            "counts": counts(source, begin, end, buckets),
        }


def counts(source: Source, begin: int, end: int, buckets: int) -> list[int]:
    """Return about how many lines a source has in each of so many equal parts of a time."""
    if end <= begin or not len(source) or buckets < 1:
        return [len(source)] if len(source) and buckets else []
    edges = [_about(source, begin + (end - begin) * n // buckets) for n in range(buckets)]
    return [max(0, round(after - before)) for before, after in zip(edges, [*edges[1:], len(source)], strict=True)]


def _about(source: Source, time: int) -> float:
    """Return about how many lines are earlier than a time: within a block as if they came evenly."""
    opens = source.open_lines()[1]
    if opens and opens[0] < time:
        return source.sealed + bisect_right(opens, time - 1)
    block = bisect_right(source.starts, time) - 1
    if block < 0:
        return 0.0
    last = block + 1 == len(source.starts)
    after = source.sealed if last else source.firsts[block + 1]
    until = (opens[0] if opens else source.last) if last else source.starts[block + 1]
    share = min(1.0, (time - source.starts[block]) / (until - source.starts[block])) if until > source.starts[block] else 1.0
    return float(source.firsts[block] + (after - source.firsts[block]) * share)
