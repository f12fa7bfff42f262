"""What has been read ahead of a slow reader: in order, in a file, bounded.

A node keeps little of a log, and a terminal is slow: whoever reads no faster than it is printed loses what is turned over meanwhile.
"""

from __future__ import annotations

import struct
import tempfile
import threading
from collections import deque
from typing import Any, NamedTuple

#: How much may wait; after that the logs are read no faster than they are printed.
LIMIT = 4 << 30
SEGMENT = 8 << 20
#: A segment below this size stays in memory.
IN_MEMORY = 1 << 20
_HEAD = struct.Struct(">II")
_CONTROL = 0xFFFFFFFF


class Data(NamedTuple):
    """Bytes of one source."""

    source: int
    data: bytes


class _Segment:
    def __init__(self) -> None:
        self.file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, prefix="arena-logs-")  # noqa: SIM115
        self.written = 0
        self.read = 0


class Spool:
    """A queue that several threads fill and one empties. What is not bytes stays in memory; there is little of it."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
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
            self._waiting = 0
            self._changed.notify_all()

    def _write(self, item: Any) -> None:
        if not self._segments or self._segments[-1].written >= SEGMENT:
            self._segments.append(_Segment())
        segment = self._segments[-1]
        head = _HEAD.pack(item.source, len(item.data)) if isinstance(item, Data) else _HEAD.pack(_CONTROL, 0)
        record = head + (item.data if isinstance(item, Data) else b"")
        segment.file.seek(segment.written)
        try:
            segment.file.write(record)
            segment.file.flush()
        except OSError:
            if segment.written == segment.read:  # what cannot be written is not half written, and an empty one is kept in memory
                self._segments.pop()
            raise
        segment.written += len(record)
        self._waiting += len(record)
        if not isinstance(item, Data):
            self._controls.append(item)

    def _read(self) -> Any:
        while (segment := self._segments[0]).read >= segment.written:
            segment.file.close()
            self._segments.popleft()
        segment.file.seek(segment.read)
        source, size = _HEAD.unpack(segment.file.read(_HEAD.size))
        item = self._controls.popleft() if source == _CONTROL else Data(source, segment.file.read(size))
        segment.read += _HEAD.size + size
        self._waiting -= _HEAD.size + size
        if segment.read >= segment.written and (segment.written >= SEGMENT or len(self._segments) > 1):
            segment.file.close()
            self._segments.popleft()
        elif segment.read >= segment.written:
            segment.read = segment.written = 0
        self._changed.notify_all()
        return item
