"""The log: what a container wrote comes back byte by byte, through rotation, tail, since, limit."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

from arena_local.kubelet import logs
from arena_local.kubelet.shim.loglines import LogFile


def read(path: Path, running: Any = lambda: False, **query: Any) -> bytes:
    async def collect() -> bytes:
        return b"".join([part async for part in logs.stream(path, query, running)])

    return asyncio.run(collect())


def write(path: Path, *parts: bytes, **more: Any) -> None:
    log = LogFile(path, **more)
    for part in parts:
        log.feed("stdout", part)
    log.close()


def test_bytes_come_back_exactly(tmp_path: Path) -> None:
    text = b"one\n\nlong " + b"x" * 40_000 + b"\n\xff\xfe bad utf-8\nno newline at the end"
    write(tmp_path / "log", *(text[i : i + 777] for i in range(0, len(text), 777)))
    assert read(tmp_path / "log") == text


def test_rotation_keeps_the_newest_whole_lines(tmp_path: Path) -> None:
    lines = [f"line {i}\n".encode() for i in range(3000)]
    write(tmp_path / "log", *lines, limit=10_000, keep=5)
    assert len(list(tmp_path.iterdir())) == 5
    found = read(tmp_path / "log").splitlines(keepends=True)
    assert found == lines[-len(found) :]
    assert len(found) > 500


def test_tail_since_limit_timestamps(tmp_path: Path) -> None:
    write(tmp_path / "log", b"a\nb\nc\n", b"d")
    assert read(tmp_path / "log", tailLines=2) == b"c\nd"
    assert read(tmp_path / "log", tailLines=0) == b""
    assert read(tmp_path / "log", limitBytes=3) == b"a\nb"
    assert read(tmp_path / "log", sinceSeconds=60) == b"a\nb\nc\nd"
    assert read(tmp_path / "log", sinceTime="2999-01-01T00:00:00Z") == b""
    stamped = read(tmp_path / "log", timestamps=True).splitlines()
    assert [line.split(b" ", 1)[1] for line in stamped] == [b"a", b"b", b"c", b"d"]
    assert stamped[0][10:11] == b"T"
    assert stamped[0].split(b" ")[0].endswith(b"Z")


def test_follow_loses_and_doubles_nothing_over_rotation(tmp_path: Path) -> None:
    path = tmp_path / "log"
    lines = [f"{i:06d} {'x' * (i % 50)}\n".encode() for i in range(20_000)]
    state = {"alive": True}

    async def writer() -> None:
        log = LogFile(path, limit=200_000, keep=50)
        dice = random.Random(7)
        at = 0
        while at < len(lines):
            step = dice.randint(1, 400)
            log.feed("stdout", b"".join(lines[at : at + step]))
            at += step
            if dice.random() < 0.3:
                await asyncio.sleep(0.001)
        log.close()
        state["alive"] = False

    async def both() -> bytes:
        LogFile(path).close()
        task = asyncio.ensure_future(writer())
        got = b"".join([part async for part in logs.stream(path, {"follow": True}, lambda: state["alive"])])
        await task
        return got

    assert asyncio.run(both()) == b"".join(lines)
