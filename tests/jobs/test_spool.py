"""What is read ahead of a slow terminal waits in a bounded file, in order (R7)."""

from __future__ import annotations

import random
import threading
import time
import tracemalloc
from typing import Any

import pytest

from arena_core.usecases import spool as module
from arena_core.usecases.spool import Data, Spool


def test_everything_comes_out_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEGMENT", 5000)
    monkeypatch.setattr(module, "MEMORY", 1000)
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    spool, rng, sent, got = Spool(), random.Random(7), [], []
    for n in range(2000):
        item: Any = Data(n % 3, rng.randbytes(rng.randint(0, 300))) if rng.random() < 0.9 else ("told", n)
        sent.append(item)
        spool.put(item)
        while rng.random() < 0.45 and not spool.empty:
            got.append(spool.get(0))
    while (item := spool.get(0)) is not None:
        got.append(item)
    assert got == sent and spool.empty
    spool.close()


def test_a_reader_that_lags_costs_no_memory() -> None:
    tracemalloc.start()
    spool = Spool()
    for _ in range(1000):
        spool.put(Data(0, b"x" * 65536))
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    assert sum(len(spool.get(0).data) for _ in range(1000)) == 65536000
    spool.close()


def test_a_full_spool_holds_the_writer_until_there_is_room_or_the_end() -> None:
    spool, done = Spool(limit=1000), []

    def write() -> None:
        for n in range(4):
            spool.put(Data(n, b"x" * 600))
            done.append(n)

    writer = threading.Thread(target=write)
    writer.start()
    until = time.monotonic() + 10
    while len(done) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.1)
    assert done == [0, 1]
    assert [spool.get(1).source for _ in range(2)] == [0, 1]
    spool.close()
    writer.join(10)
    assert not writer.is_alive()


def test_a_full_disk_waits_for_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MEMORY", 5)
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    spool, tries = Spool(), []

    def full() -> None:
        tries.append(1)
        raise OSError(28, "No space left on device")

    spool.put(Data(0, b"first"))
    monkeypatch.setattr(module, "_Segment", full)
    writer = threading.Thread(target=spool.put, args=(Data(1, b"second"),))
    writer.start()
    until = time.monotonic() + 10
    while not tries and time.monotonic() < until:
        time.sleep(0.01)
    assert tries and writer.is_alive()
    assert spool.get(0) == Data(0, b"first")
    assert spool.get(5) == Data(1, b"second")
    writer.join(5)
    spool.close()


def test_a_reader_that_keeps_up_needs_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 30.0)
    monkeypatch.setattr(module, "_Segment", None)
    spool = Spool()
    writer = threading.Thread(target=lambda: [spool.put(Data(n, b"x" * (1 << 20))) for n in range(20)])
    writer.start()
    assert [spool.get(30).source for _ in range(20)] == list(range(20))
    writer.join(30)
    spool.close()
