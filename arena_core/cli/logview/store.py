"""All lines that the page can show."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable

from arena_core.cli.logview.blocks import Blocks
from arena_core.cli.logview.columns import Whole
from arena_core.cli.logview.merged import At, Merged
from arena_core.cli.logview.source import Source

#: Called with a source when its newest lines are about to become a block.
Listener = Callable[[Source], object]


class Store:
    """Filled by the threads that read logs, asked by those that answer the page; ``lock`` keeps them apart.

    ``version`` changes with every line.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        #: Notified when there are new lines; others may use it for what else is new.
        self.changed = threading.Condition(self.lock)
        self.blocks = Blocks()
        self.sources: list[Source] = []
        self.version = 0
        self.closed = False
        #: Told of each source whose lines are about to become a block.
        self.on_seal: list[Listener] = []

    def add_source(self, job: int, label: str, pod: str, *, previous: bool = False) -> Source:
        """Return a new source."""
        with self.lock:
            source = Source(len(self.sources), job, label, pod, previous=previous)
            self.sources.append(source)
            self.version += 1
            return source

    def append(self, source: Source, lines: Iterable[tuple[int, bytes]]) -> None:
        """Add lines, or pieces of lines, to a source."""

        def seal() -> None:
            for listener in self.on_seal:
                listener(source)
            source.seal(self.blocks)

        with self.lock:
            for time, data in lines:
                source.append(time, data, seal)
            self.version += 1
            self.changed.notify_all()

    def all_of(self, numbers: Collection[int] | None = None) -> Merged:
        """Return the lines of some sources, or of all, as one list; to be used while the lock is held."""
        chosen = [s for s in self.sources if numbers is None or s.number in numbers]
        return Merged([Whole(source, self.blocks) for source in chosen])

    def texts(self, lines: Iterable[At]) -> list[bytes]:
        """Return the texts of lines; to be used while the lock is held."""
        recent: dict[int, list[bytes]] = {}
        return [self._text(line, recent) for line in lines]

    def _text(self, line: At, recent: dict[int, list[bytes]]) -> bytes:
        source = self.sources[line.source]
        if line.nth >= source.sealed:
            return source.open_lines()[0][line.nth - source.sealed]
        at = bisect_right(source.firsts, line.nth) - 1
        block = source.blocks[at]
        if block not in recent:
            recent[block] = self.blocks.lines(block)
        return recent[block][line.nth - source.firsts[at]]

    def close(self) -> None:
        """Forget everything."""
        self.closed = True
        self.blocks.close()
