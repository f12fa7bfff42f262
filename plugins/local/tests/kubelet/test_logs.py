"""The log: what a container wrote comes back byte by byte, through rotation, tail, since, limit."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
    assert len([p for p in tmp_path.iterdir() if p.suffix != ".gone"]) == 5
    found = read(tmp_path / "log").splitlines(keepends=True)
    assert found == lines[-len(found) :]
    assert len(found) > 500
    assert logs.gone(tmp_path / "log") == 3000 - len(found), "S11: how many are gone is known"


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


def test_one_endless_line_is_read_in_linear_time_and_from_the_end(tmp_path: Path) -> None:
    """L5: 24 MB of progress without a newline took minutes."""
    path = tmp_path / "log"
    chunk = b"".join(b"\r%5d/100000 [loss=0.1234]" % i for i in range(2000))
    write(path, b"first\n", *([chunk] * 480), b"\nlast\n", limit=1 << 30)
    begun = time.process_time()
    assert read(path, tailLines=1) == b"last\n"
    assert time.process_time() - begun < 0.5, "the tail is found from the end"
    assert len(read(path, tailLines=2)) == 480 * len(chunk) + 1 + 5
    assert len(read(path)) == 480 * len(chunk) + 12
    assert logs.last_lines(path, 2, 10).endswith("last\n")
    assert time.process_time() - begun < 10


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(st.binary(max_size=60).map(lambda b: b.replace(b"x", b"\n")), max_size=30),
    count=st.integers(0, 12),
    limit=st.integers(100, 900),
)
def test_the_tail_is_the_end_of_the_whole(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], count: int, limit: int) -> None:
    path = tmp_path_factory.mktemp("tail") / "log"
    log = LogFile(path, limit=limit, keep=100)
    for number, part in enumerate(parts):
        log.feed("stdout", part)
        if number % 3 == 0:
            log.flush()
    log.close()
    whole = read(path)
    assert whole == b"".join(parts)
    assert read(path, tailLines=count) == b"".join(_lines(whole)[-count:] if count else [])


def _lines(text: bytes) -> list[bytes]:
    pieces = text.split(b"\n")
    return [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def test_a_follower_that_lags_too_far_is_told_how_much_it_missed(tmp_path: Path) -> None:
    """S11: what rotation removed before it was read is not passed over in silence."""
    path = tmp_path / "log"
    log = LogFile(path, limit=5_000, keep=3)
    tail = logs.Tail(path)
    written = 0

    def more(count: int) -> None:
        nonlocal written
        for _ in range(count):
            log.feed("stdout", b"line %d\n" % written)
            written += 1

    more(50)
    got = [line.text for line in tail.lines()]
    more(1000)
    log.close()
    got += [line.text for line in tail.lines()]
    notes = [text for text in got if text.startswith(b"[arena]")]
    numbers = [int(text.split()[1]) for text in got if text.startswith(b"line ")]
    assert len(notes) == 1
    assert int(notes[0].split()[1].replace(b",", b"")) == 1050 - len(numbers) > 0
    assert numbers == sorted(set(numbers)) and numbers[-1] == 1049
