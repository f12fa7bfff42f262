"""What has been read ahead of a slow reader: in order, in memory and then in a file, bounded.

A node keeps little of a log, and a terminal is slow: whoever reads no faster than it is printed loses what is turned over meanwhile.
"""

from __future__ import annotations

import threading
from collections import deque

from arena_core.typed import Any, NamedTuple

#: How much may wait; after that the logs are read no faster than they are printed.
LIMIT = 4 << 30
#: How much of it waits in memory, and how long a full one is given to empty before a file is begun: who keeps up needs none.
MEMORY, PATIENCE = 4 << 20, 0.2
SEGMENT = 8 << 20
#: How long the head of a record in a file is: two numbers, the source and how many bytes follow.
_HEAD, _NUMBER = 8, 4
_CONTROL = 0xFFFFFFFF


class Data(NamedTuple):
    """Bytes of one source."""

    source: int
    data: bytes


class _Segment:
    def __init__(self) -> None:
        import tempfile

        self.file = tempfile.TemporaryFile(prefix="arena-logs-")  # noqa: SIM115
        self.written = 0
        self.read = 0


def _size(item: Any) -> int:
    return _HEAD + (len(item.data) if isinstance(item, Data) else 0)


class Spool:
    """A queue that several threads fill and one empties: first in memory, then in files. What is not bytes is never in a file."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        #: What comes before all that is in segments.
        self._items: deque[Any] = deque()
        self._in_memory = 0
        self._segments: deque[_Segment] = deque()
        self._controls: deque[Any] = deque()
        self._waiting = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: Any) -> None:
        """Add ``Data``, or anything else; waits while too much is there already. Nothing happens once it is closed."""
        with self._changed:
            while isinstance(item, Data) and self._waiting > self._limit and not self._closed:
                self._changed.wait(1.0)
            if not (self._segments or self._room(item) or self._closed):
                self._changed.wait_for(lambda: self._room(item) or self._closed, PATIENCE)
            while not self._closed:
                try:
                    self._write(item)
                except OSError:  # the disk is full: the reader has to make room
                    self._changed.wait(0.2)
                    continue
                break
            self._changed.notify_all()

    def get(self, timeout: float | None) -> Any:
        """Return the next item, or None when there has been none for so long."""
        with self._changed:
            if not self._waiting:
                self._changed.wait(timeout)
            return self._read() if self._waiting else None

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    def close(self) -> None:
        """Forget everything; who waits to add something goes on."""
        with self._changed:
            self._closed = True
            for segment in self._segments:
                segment.file.close()
            self._segments.clear()
            self._items.clear()
            self._waiting = self._in_memory = 0
            self._changed.notify_all()

    def _room(self, item: Any) -> bool:
        return not isinstance(item, Data) or not self._in_memory or self._in_memory + len(item.data) <= MEMORY

    def _write(self, item: Any) -> None:
        size = _size(item)
        if not self._segments and self._room(item):
            self._items.append(item)
            self._in_memory += size
        else:
            self._write_file(item, size)
        self._waiting += size

    def _write_file(self, item: Any, size: int) -> None:
        if not self._segments or self._segments[-1].written >= SEGMENT:
            self._segments.append(_Segment())
        segment = self._segments[-1]
        source, data = (item.source, item.data) if isinstance(item, Data) else (_CONTROL, b"")
        head = source.to_bytes(_NUMBER) + len(data).to_bytes(_NUMBER)
        try:
            segment.file.seek(segment.written)
            segment.file.write(head + data)
            segment.file.flush()
        except OSError:
            if segment.written == segment.read:  # so that what comes next may be kept in memory
                self._segments.pop()
            raise
        segment.written += size
        if not isinstance(item, Data):
            self._controls.append(item)

    def _read(self) -> Any:
        if self._items:
            item = self._items.popleft()
            self._in_memory -= _size(item)
        else:
            item = self._read_file()
        self._waiting -= _size(item)
        self._changed.notify_all()
        return item

    def _read_file(self) -> Any:
        segment = self._segments[0]
        segment.file.seek(segment.read)
        head = segment.file.read(_HEAD)
        source, size = int.from_bytes(head[:_NUMBER]), int.from_bytes(head[_NUMBER:])
        item = self._controls.popleft() if source == _CONTROL else Data(source, segment.file.read(size))
        segment.read += _HEAD + size
        if segment.read >= segment.written:
            segment.file.close()
            self._segments.popleft()
        return item
