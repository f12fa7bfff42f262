"""Reads container logs: rotated CRI files back into the bytes that the container wrote."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

#: How often a followed log is looked at.
POLL = 0.05
CHUNK = 256 * 1024


@dataclass(frozen=True)
class Line:
    """One line of the file: when, whether it is whole, and the text."""

    time: bytes
    partial: bool
    text: bytes

    @property
    def raw(self) -> bytes:
        """What the container wrote."""
        return self.text if self.partial else self.text + b"\n"


def parse(line: bytes) -> Line | None:
    """Read a line of the file."""
    parts = line.split(b" ", 3)
    if len(parts) < 4:
        return None
    return Line(parts[0], parts[2] == b"P", parts[3])


def files_of(path: Path) -> list[Path]:
    """Return the rotated files, the oldest first, and the current one."""
    numbered = sorted(path.parent.glob(f"{path.name}.*"), key=lambda p: -int(p.suffix[1:]) if p.suffix[1:].isdigit() else 0)
    return [*(p for p in numbered if p.suffix[1:].isdigit()), path]


class Tail:
    """Reads whole lines of a log and goes on where the file is rotated."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue = files_of(path)
        self._file: Any = None
        self._rest = b""

    def lines(self) -> Iterator[Line]:
        """Yield what is there now; call again for more."""
        while True:
            if self._file is None and not self._open():
                return
            data = self._file.read(CHUNK)
            if data:
                *whole, self._rest = (self._rest + data).split(b"\n")
                for text in whole:
                    if line := parse(text):
                        yield line
                continue
            if not self._queue and not self._rotated():
                return
            self._file.close()
            self._file = None
            if not self._queue:
                self._queue = self._newer()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    def _open(self) -> bool:
        while self._queue:
            path = self._queue.pop(0)
            try:
                self._file = path.open("rb")
            except FileNotFoundError:
                continue
            self._inode = os.fstat(self._file.fileno()).st_ino
            return True
        self._queue = [self._path] if self._path.exists() else []
        return bool(self._queue) and self._open()

    def _rotated(self) -> bool:
        try:
            return self._path.stat().st_ino != self._inode
        except FileNotFoundError:
            return False

    def _newer(self) -> list[Path]:
        """Return the files that came after the one just read."""
        files = files_of(self._path)
        for at, path in enumerate(files):
            if path.exists() and path.stat().st_ino == self._inode:
                return files[at + 1 :]
        return files[-1:]


async def stream(path: Path, query: Mapping[str, Any], running: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Yield the log by the query: ``tailLines``, ``sinceSeconds``, ``sinceTime``, ``timestamps``, ``limitBytes``, ``follow``."""
    tail = Tail(path)
    limit = query.get("limitBytes")
    left = int(limit) if limit is not None else None
    try:
        async for part in _parts(tail, query, running):
            if left is not None:
                part = part[:left]
                left -= len(part)
            if part:
                yield part
            if left is not None and left <= 0:
                return
    finally:
        tail.close()


async def _parts(tail: Tail, query: Mapping[str, Any], running: Callable[[], bool]) -> AsyncIterator[bytes]:
    since, stamps = since_of(query), bool(query.get("timestamps"))
    state = {"fresh": True}

    def wanted(lines: Iterator[Line]) -> Iterator[bytes]:
        for line in lines:
            if since and line.time < since:
                continue
            head = line.time + b" " if stamps and state["fresh"] else b""
            state["fresh"] = not line.partial
            yield head + line.raw

    count = query.get("tailLines")
    if count is not None:
        for text in last_of(wanted(tail.lines()), int(count)):
            yield text
    else:
        async for text in _batched(wanted(tail.lines())):
            yield text
    if not query.get("follow"):
        return
    while True:
        alive = running()
        batch = b"".join(wanted(tail.lines()))
        if batch:
            yield batch
        elif not alive:
            return
        else:
            await asyncio.sleep(POLL)


async def _batched(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    batch, size = [], 0
    for part in parts:
        batch.append(part)
        size += len(part)
        if size > CHUNK:
            yield b"".join(batch)
            batch, size = [], 0
            await asyncio.sleep(0)
    if batch:
        yield b"".join(batch)


def last_of(parts: Iterator[bytes], count: int) -> list[bytes]:
    """Return the last ``count`` lines; parts without a newline belong to the line that follows."""
    from collections import deque

    lines: deque[bytes] = deque(maxlen=max(count, 0))
    open_line = b""
    for part in parts:
        open_line += part
        if part.endswith(b"\n"):
            lines.append(open_line)
            open_line = b""
    if open_line and count:
        lines.append(open_line)
    return list(lines)


def since_of(query: Mapping[str, Any]) -> bytes:
    """Return the first time that counts, in the form of the file."""
    if query.get("sinceSeconds") is not None:
        moment = datetime.now(UTC) - timedelta(seconds=int(query["sinceSeconds"]))
    elif query.get("sinceTime"):
        moment = datetime.fromisoformat(str(query["sinceTime"]).replace("Z", "+00:00")).astimezone(UTC)
    else:
        return b""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f").encode()


def last_lines(path: Path, count: int, size: int) -> str:
    """Return the end of a log as text."""
    try:
        tail = Tail(path)
        text = b"".join(last_of((line.raw for line in tail.lines()), count))[-size:]
        tail.close()
    except OSError:
        return ""
    return text.decode(errors="replace")
