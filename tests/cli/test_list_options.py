"""`list --status, --sort, --since, --columns`, and `-w` on a terminal and in a pipe."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import pytest

from arena_core.cli.fitting import fitted, width_of
from arena_core.cli.live import Screen, clipped
from tests.cli.test_reading import JOBS, PODS, job, pod


@pytest.fixture
def three(api):
    api.put(JOBS, job("small", gpus=1), job("big", gpus=8, workers=3), job("done", state="Succeeded", end="2026-01-01T11:00:05Z"))
    api.put(PODS, pod("small", "master", 0), pod("big", "master", 0, gpus=8))
    return api


def names(done):
    return [line.split()[0] for line in done.out.splitlines()[1:]]


def test_status_chooses(arena, three):
    assert sorted(names(arena("list", "--status", "RUNNING"))) == ["big", "small"]
    assert names(arena("list", "--status", "succeeded,FAILED")) == ["done"]
    assert names(arena("list", "--status", "FAILED")) == []
    done = arena("list", "--status", "DONE")
    assert done.code == 2 and "statuses: PENDING" in done.err
    assert arena("list", "--status", "").code == 2


def test_sort_and_columns(arena, three):
    assert names(arena("list", "--sort", "gpus"))[0] == "big"
    assert names(arena("list", "--sort", "-gpus"))[-1] == "big"
    assert names(arena("list", "--sort", "name")) == ["big", "done", "small"]
    done = arena("list", "--columns", "name,gpu(requested),waited", "--sort", "name")
    assert [line.split() for line in done.out.splitlines()] == [
        ["NAME", "GPU(Requested)", "WAITED"],
        ["big", "32", "5s"],
        ["done", "2", "5s"],
        ["small", "2", "5s"],
    ]
    done = arena("list", "--columns", "name,stat")
    assert done.code == 2 and "did you mean status?" in done.err
    assert arena("list", "--sort", "colour").code == 2


def test_since_leaves_out_what_is_older(arena, three):
    assert names(arena("list", "--since", "1h")) == []
    assert len(names(arena("list", "--since", "3650d"))) == 3
    assert arena("list", "--since", "yesterday").code == 2


def test_the_default_columns_stay_arenas(arena, three):
    assert arena("list").out.splitlines()[0].split() == [
        "NAME",
        "STATUS",
        "TRAINER",
        "DURATION",
        "GPU(Requested)",
        "GPU(Allocated)",
        "NODE",
    ]
    assert arena("list", "-w", "-o", "json").code == 2


def test_columns_give_way_on_a_narrow_terminal():
    rows = [["NAME", "STATUS", "NODE"], ["a" * 20, "RUNNING", "10.0.0.1"]]
    assert fitted(rows, ("NODE",), 0) == (rows, [])
    narrow, gone = fitted(rows, ("NODE", "STATUS"), 30)
    assert gone == ["NODE"] and width_of(narrow) <= 30
    blank = [["NAME", "GPU(Duty)", "NODE"], ["a" * 20, "N/A", "10.0.0.1"]]
    assert fitted(blank, ("NODE", "GPU(Duty)"), 35)[1] == ["GPU(Duty)"], "what says nothing gives way first"


def test_a_line_is_cut_without_its_colours(monkeypatch):
    assert clipped("\x1b[32mRUNNING\x1b[0m and more", 9) == "\x1b[32mRUNNING\x1b[0m …\x1b[0m"
    assert clipped("short", 80) == "short"
    monkeypatch.setenv("LINES", "6")
    monkeypatch.setenv("COLUMNS", "80")
    lines = Screen._cut([f"line {n}" for n in range(20)])
    assert len(lines) == 4 and lines[-1].startswith("... 17 more lines")


COMMAND = [sys.executable, "-c", "import sys; from arena_core.cli.start import start; sys.argv[0] = 'arena'; sys.exit(start())"]


def test_on_a_terminal_it_is_drawn_in_place_and_ctrl_c_ends_it(three):
    """`list -w` needs no watch to draw: the fake API has none, so that the list stays as it was read."""
    main, side = pty.openpty()
    env = {**os.environ, "COLUMNS": "80", "LINES": "24", "TERM": "xterm"}
    process = subprocess.Popen([*COMMAND, "list", "-w"], stdin=side, stdout=side, stderr=side, env=env, start_new_session=True)
    os.close(side)
    seen = b""
    try:
        end = time.monotonic() + 60
        while seen.count(b"big") < 2:
            assert time.monotonic() < end and process.poll() is None, seen
            if select.select([main], [], [], 0.2)[0]:
                seen += os.read(main, 65536)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    finally:
        process.kill()
        process.wait()
        os.close(main)
    text = seen.decode()
    assert re.search(r"\x1b\[\d+A", text), "the second picture is drawn over the first"
    assert "\x1b[32mRUNNING" in text


def test_in_a_pipe_each_job_is_a_line_and_only_changes_follow(three):
    process = subprocess.Popen([*COMMAND, "list", "-w"], stdout=subprocess.PIPE, text=True)
    try:
        found = [process.stdout.readline().split()[0] for _ in range(4)]
        assert found[0] == "NAME" and sorted(found[1:]) == ["big", "done", "small"]
        assert not select.select([process.stdout], [], [], 1.5)[0], "time goes on, but nothing has changed"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    finally:
        process.kill()
        process.wait()
