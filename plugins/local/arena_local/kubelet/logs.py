"""Reads container logs: rotated CRI files back into the bytes that the container wrote."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from arena_core.k8s import time
from arena_local.kubelet.shim.loglines import KEEP, ROTATE_BYTES, stamp

#: How often a followed log is looked at.
POLL = 0.05
CHUNK = 256 * 1024
#: How much of a log is kept, in words.
KEPT = f"the last {KEEP * ROTATE_BYTES // (1 << 20)} MiB"


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


@dataclass(frozen=True)
class Place:
    """A position in one of the files of a log; a rotation renames the file and leaves its inode."""

    inode: int
    offset: int


def gone(path: Path) -> int:
    """Return how many lines of the log were removed, because it has grown beyond what is kept."""
    try:
        return int(path.with_name(f"{path.name}.gone").read_text())
    except (OSError, ValueError):
        return 0


class Tail:
    """Reads the entries of a log and keeps reading where the file is rotated, found again by its inode."""

    def __init__(self, path: Path, place: Place | None = None) -> None:
        self._path = path
        self._place = place
        self._file: BinaryIO | None = None
        self._inode = 0
        self._rest = b""
        #: The number of the next line since the container began, where it is known.
        self._number = None if place else gone(path)

    def lines(self) -> Iterator[Line]:
        """Yield what is there now; call again for more."""
        if self._file is None and not self._begin():
            return
        while True:
            assert self._file is not None
            data = self._file.read(CHUNK)
            if not data and self._rotated():
                data = self._file.read(CHUNK)  # what was written between the last look and the rotation
                if not data:
                    yield from self._next_file()
                    continue
            if not data:
                return
            *whole, self._rest = (self._rest + data).split(b"\n")
            for text in whole:
                if line := parse(text):
                    if self._number is not None and not line.partial:
                        self._number += 1
                    yield line

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    def _begin(self) -> bool:
        if self._place is not None:
            for path in files_of(self._path):
                if self._open(path) and self._inode == self._place.inode:
                    assert self._file is not None
                    self._file.seek(self._place.offset)
                    return True
        return any(self._open(path) for path in files_of(self._path))

    def _open(self, path: Path) -> bool:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return False
        self.close()
        self._file, self._inode, self._rest = file, os.fstat(file.fileno()).st_ino, b""
        return True

    def _rotated(self) -> bool:
        try:
            return self._path.stat().st_ino != self._inode
        except FileNotFoundError:
            return False

    def _next_file(self) -> Iterator[Line]:
        """Open the file after the one just read; where that was removed meanwhile, say how much is missing."""
        known = self._inode
        while True:
            files = files_of(self._path)
            inodes = [_inode(path) for path in files]
            at = inodes.index(known) + 1 if known in inodes else 0
            if self._open(files[at]) and self._inode == inodes[at]:
                break  # else it was rotated between the two looks
        if not at:
            yield from self._missing()

    def _missing(self) -> Iterator[Line]:
        first = gone(self._path)
        count = "some" if self._number is None else f"{first - self._number:,}"
        if self._number is None or first > self._number:
            text = f"[arena] {count} lines are missing here: the container writes faster than this log was read; the node keeps {KEPT}"
            yield Line(stamp().encode(), False, text.encode())
        self._number = first if self._number is not None else None


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def start_of_last(path: Path, count: int) -> Place:
    """Return where the last ``count`` lines begin, read from the end; entries without a newline belong to the line that follows."""
    place, lines, first = Place(0, 0), 0, True
    for entry, at, after in _backwards(path):
        if first:
            place = after
            if count <= 0:
                break
        if (line := parse(entry)) is None:
            continue
        if not line.partial or first:
            if lines == count:
                break
            lines += 1
        first, place = False, at
    return place


def _backwards(path: Path) -> Iterator[tuple[bytes, Place, Place]]:
    """Yield the entries of all files, the last one first: text, where it begins and where the next one does."""
    for one in reversed(files_of(path)):
        try:
            file = one.open("rb")
        except FileNotFoundError:
            continue
        with file:
            inode, end, rest = os.fstat(file.fileno()).st_ino, file.seek(0, os.SEEK_END), b""
            after = Place(inode, end)
            while end > 0:
                begin = max(0, end - CHUNK)
                file.seek(begin)
                pieces = (file.read(end - begin) + rest).split(b"\n")
                at = begin + sum(len(piece) + 1 for piece in pieces) - 1
                rest, end = (pieces[0], begin) if begin else (b"", 0)
                for piece in reversed(pieces[1:] if begin else pieces):
                    at -= len(piece)
                    yield piece, Place(inode, at), after
                    after = Place(inode, at)
                    at -= 1


async def stream(path: Path, query: Mapping[str, Any], running: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Yield the log by the query: ``tailLines``, ``sinceSeconds``, ``sinceTime``, ``timestamps``, ``limitBytes``, ``follow``."""
    count, limit = query.get("tailLines"), query.get("limitBytes")
    place = None if count is None else await asyncio.to_thread(start_of_last, path, int(count))
    tail = Tail(path, place)
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
    fresh = True

    def shown() -> Iterator[bytes]:
        nonlocal fresh
        for line in tail.lines():
            if since and line.time < since:
                continue
            if stamps and fresh:
                yield line.time + b" "
            fresh = not line.partial
            yield line.raw

    while True:
        alive, silent = running(), True
        async for batch in _batched(shown()):
            silent = False
            yield batch
        if not query.get("follow") or (silent and not alive):
            return
        if silent:
            await asyncio.sleep(POLL)


async def _batched(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Gather pieces, and let others have their turn between two batches."""
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


def since_of(query: Mapping[str, Any]) -> bytes:
    """Return the first time that counts, in the form of the file."""
    if query.get("sinceSeconds") is not None:
        moment = datetime.now(UTC) - timedelta(seconds=int(query["sinceSeconds"]))
    elif query.get("sinceTime"):
        moment = time.read(str(query["sinceTime"]))
    else:
        return b""
    return time.micro_text(moment).removesuffix("Z").encode()


def last_lines(path: Path, count: int, size: int) -> str:
    """Return the end of a log as text."""
    try:
        tail = Tail(path, start_of_last(path, count))
        text = b""
        for line in tail.lines():
            text = (text + line.raw)[-size:]
        tail.close()
    except OSError:
        return ""
    return text.decode(errors="replace")
