"""A container's log in the CRI format (``TIME STREAM F|P TEXT``), rotated by size."""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

ROTATE_BYTES = 10 * 1024 * 1024
KEEP = 20
#: Room that is kept on the disk for a container's last lines.
RESERVE = 64 * 1024
#: A line longer than this is written in parts (tag P), as container runtimes do.
MAX_LINE = 16 * 1024

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


def stamp() -> str:
    """Return the time with nanoseconds (RFC 3339, UTC)."""
    now = time.time_ns()
    return f"{datetime.fromtimestamp(now // 10**9, UTC):%Y-%m-%dT%H:%M:%S}.{now % 10**9:09d}Z"


class LogFile:
    """Writes the lines of both streams; text without a final newline is kept as a part until more of it comes."""

    def __init__(self, path: Path, limit: int = ROTATE_BYTES, keep: int = KEEP) -> None:
        self._path = path
        self._limit = limit
        self._keep = keep
        self._fd = -1
        self._size = 0
        self._rest: dict[str, bytes] = {}
        #: Lines in each file, the current one first, and in those that were removed.
        self._lines = [0]
        self._gone = 0
        #: Entries for which there was no room on the disk, and how many were dropped before them.
        self._unwritten: deque[bytes] = deque()
        self._dropped = 0
        self._reserve = path.with_name(f"{path.name}.reserve")
        self._open()

    def feed(self, stream: str, data: bytes) -> None:
        """Take bytes of ``stdout`` or ``stderr``; whole lines are written at once."""
        data = self._rest.pop(stream, b"") + data
        lines = data.split(b"\n")
        rest = lines.pop()
        head = f"{stamp()} {stream} ".encode()
        out: list[bytes] = []
        whole = 0
        for line in lines:
            while len(line) > MAX_LINE:
                out += (head, b"P ", line[:MAX_LINE], b"\n")
                line = line[MAX_LINE:]
            out += (head, b"F ", line, b"\n")
            whole += 1
        while len(rest) > MAX_LINE:
            out += (head, b"P ", rest[:MAX_LINE], b"\n")
            rest = rest[MAX_LINE:]
        if rest:
            self._rest[stream] = rest
        if out:
            self._write(b"".join(out))
            self._lines[0] += whole

    def flush(self) -> None:
        """Write what has no newline yet as parts, so that a prompt or a progress bar can be followed."""
        for stream, rest in list(self._rest.items()):
            self._write(f"{stamp()} {stream} P ".encode() + rest + b"\n")
        self._rest.clear()

    @property
    def pending(self) -> bool:
        """Whether text without a newline waits."""
        return bool(self._rest)

    def close(self) -> None:
        """Write the rest and close; the last lines find the room that was kept for them."""
        self._reserve.unlink(missing_ok=True)
        self.flush()
        if self._unwritten:
            self._write(b"")
        os.close(self._fd)

    def reserve(self) -> None:
        """Keep room on the disk for the last lines; raises ``OSError`` where there is none."""
        self._reserve.write_bytes(bytes(RESERVE))

    def _open(self) -> None:
        self._fd = os.open(self._path, _FLAGS, 0o600)
        self._size = os.fstat(self._fd).st_size

    def _write(self, data: bytes) -> None:
        if self._size and self._size + len(data) > self._limit:
            self._rotate()
        if self._unwritten:
            data = self._note() + b"".join(self._unwritten) + data
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError:  # a full disk must not stop the container
            self._put_off(data)
            return
        self._size += len(data)
        self._unwritten.clear()
        self._dropped = 0

    def _put_off(self, data: bytes) -> None:
        """Keep the newest entries for when there is room again, and count the others."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, self._size)  # no half an entry stays
        entries = data.splitlines(keepends=True)
        if self._dropped:
            del entries[0]  # the note
        self._unwritten = deque(entries)
        size = sum(map(len, entries))
        while size > RESERVE // 2:
            size -= len(self._unwritten.popleft())
            self._dropped += 1

    def _note(self) -> bytes:
        if not self._dropped:
            return b""
        return f"{stamp()} stderr F [arena] {self._dropped} lines are missing here: they could not be written to disk\n".encode()

    def _rotate(self) -> None:
        fresh = self._path.with_name(f"{self._path.name}.new")
        try:
            fd = os.open(fresh, _FLAGS, 0o600)
        except OSError:
            return  # a full disk: the file grows on
        os.close(self._fd)
        for number in range(self._keep - 1, 0, -1):
            old = self._path.with_name(f"{self._path.name}.{number}")
            if not old.exists():
                continue
            if number == self._keep - 1:
                old.unlink()
                self._removed()
            else:
                old.rename(self._path.with_name(f"{self._path.name}.{number + 1}"))
        self._path.rename(self._path.with_name(f"{self._path.name}.1"))
        fresh.rename(self._path)
        self._lines.insert(0, 0)
        self._fd, self._size = fd, 0

    def _removed(self) -> None:
        """Note how many lines are gone, so that whoever reads the log can be told."""
        self._gone += self._lines.pop()
        try:
            self._path.with_name(f"{self._path.name}.gone").write_text(str(self._gone))
        except OSError:
            return  # a full disk
