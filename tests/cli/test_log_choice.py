"""`logs`: ranks, patterns, JSON, several jobs, and the first error."""

from __future__ import annotations

import json

import pytest

from arena_core.cli.loglines import ranks
from arena_core.contract.errors import UsageError
from arena_core.contract.types import LogSource
from arena_core.usecases.firsterror import first_error
from arena_core.usecases.views import LogLine
from tests.cli.test_reading import JOBS, PODS, job, pod


def log(*lines):
    return "".join(f"2026-01-01T10:00:{n:02d}.000000000Z {text}\n" for n, text in lines).encode()


@pytest.fixture
def three(api):
    """A job of a master and two workers; worker-1 fails first."""
    api.put(JOBS, {**job("mnist", workers=2), "metadata": {**job("mnist")["metadata"], "labels": {"team": "a"}}})
    api.put(PODS, pod("mnist", "master", 0), pod("mnist", "worker", 0), pod("mnist", "worker", 1))
    api.logs["mnist-master-0"] = log((1, "start"), (5, "loss 0.5"), (9, "Connection reset by peer, error: rank 2 is gone"))
    api.logs["mnist-worker-0"] = log((2, "start"), (8, "RuntimeError: peer gone"))
    trace = ("Traceback (most recent call last):", '  File "t.py", line 1, in <module>', "    boom()", "ValueError: bad label")
    api.logs["mnist-worker-1"] = log((3, "start"), (6, "no errors so far"), *((7, text) for text in trace), (8, "bye"))
    return api


def test_ranks_choose_instances(arena, three):
    out = arena("logs", "mnist", "--rank", "0,2").out.splitlines()
    assert {line.split()[0] for line in out} == {"master-0", "worker-1"}
    assert {line.split()[0] for line in arena("logs", "mnist", "--rank", "1-2").out.splitlines()} == {"worker-0", "worker-1"}
    done = arena("logs", "mnist", "--rank", "7")
    assert done.code == 2 and "ranks: 0 to 2" in done.err
    assert arena("logs", "mnist", "--rank", "1", "-i", "worker-0").code == 2


@pytest.mark.parametrize("text", ["", "a", "1-", "3-1", "-1", "1,,2", "9999999"])
def test_what_is_no_rank_is_refused(text):
    with pytest.raises(UsageError, match="is not a rank"):
        ranks(text)


def test_patterns_choose_lines(arena, three):
    assert arena("logs", "mnist", "--include", "loss|start").out == "start\nloss 0.5\n"
    assert arena("logs", "mnist", "--include", "loss", "--include", "reset", "--exclude", "0\\.5").out.startswith("Connection reset")
    assert arena("logs", "mnist", "--highlight", "loss").out.count("\n") == 3, "in a pipe nothing is marked"
    done = arena("logs", "mnist", "--include", "(")
    assert done.code == 2 and "not a regular expression" in done.err


def test_json_has_a_line_an_object(arena, three):
    rows = [json.loads(line) for line in arena("logs", "mnist", "--all-instances", "-o", "json").out.splitlines()]
    assert rows[0] == {
        "job": "mnist",
        "instance": "master-0",
        "pod": "mnist-master-0",
        "container": "pytorch",
        "time": "2026-01-01T10:00:01.000000000Z",
        "text": "start",
    }
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)


def test_the_first_error_is_the_earliest_of_all_instances(arena, three):
    done = arena("logs", "mnist", "--first-error")
    assert done.out.splitlines()[0] == "Traceback (most recent call last):" and done.out.splitlines()[-1] == "ValueError: bad label"
    assert "worker-1 at 2026-01-01T10:00:07" in done.err
    for name in three.logs:
        three.logs[name] = log((1, "all is well"))
    done = arena("logs", "mnist", "--first-error")
    assert (done.code, done.out) == (0, "") and "no error was found" in done.err
    assert arena("logs", "mnist", "--first-error", "-f").code == 2


def test_several_jobs_by_their_labels(arena, three):
    three.put(JOBS, {**job("other", workers=0), "metadata": {**job("other")["metadata"], "labels": {"team": "a"}}})
    three.put(PODS, pod("other", "master", 0))
    three.logs["other-master-0"] = log((1, "hi"))
    lines = arena("logs", "-l", "team=a").out.splitlines()
    assert {line.split()[0] for line in lines} == {"mnist/master-0", "mnist/worker-0", "mnist/worker-1", "other/master-0"}
    rows = [json.loads(line) for line in arena("logs", "-l", "team=a", "-o", "json", "--include", "hi").out.splitlines()]
    assert [(row["job"], row["instance"], row["text"]) for row in rows] == [("other", "master-0", "hi")]
    assert arena("logs", "-l", "team=b").code == 3
    assert arena("logs", "mnist", "-l", "team=a").code == 2


def found(*texts):
    source = LogSource("p", "c", "worker-0")
    error = first_error(LogLine(source, f"{text}\n".encode()) for text in texts)
    return [line.text for line in error.lines] if error else []


@pytest.mark.parametrize(
    "line",
    [
        "RuntimeError: CUDA error: device-side assert triggered",
        "[rank1]: torch.OutOfMemoryError: CUDA out of memory.",
        "2026-01-01 ERROR trainer failed",
        "Segmentation fault (core dumped)",
        "error: cannot open file",
        "sh: 1: pyhton: command not found",
        "ModuleNotFoundError: No module named 'torch'",
        "terminate called after throwing an instance of 'c10::Error'",
    ],
)
def test_errors_are_known(line):
    assert found("hello", line, "later") == [line]


@pytest.mark.parametrize(
    "line", ["0 errors", "no errors found", "error rate 0.1", "ignored error", "mean error 0.1", "val_error=0.2", "INFO all fine"]
)
def test_what_is_no_error_is_none(line):
    assert found(line) == []


def test_a_chained_traceback_is_whole_and_others_are_left_out():
    lines = [
        "Traceback (most recent call last):",
        "  a",
        "KeyError: 1",
    ]
    assert found("x", *lines, "after") == lines
    ranked = ["[rank0]: Traceback (most recent call last):", "[rank0]:   a", "[rank0]: KeyError: 1"]
    assert found(*ranked, "after") == ranked
