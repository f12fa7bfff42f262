"""The flight recorder over a real local cluster: what commands note as they pass by (issue 14)."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import planted


def everything(home: Path) -> str:
    return "\n".join(path.read_bytes().decode("latin1") for path in (home / "arena").rglob("*") if path.is_file())


def test_a_job_from_its_submission_to_its_deletion(arena: Any) -> None:
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@x"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "one"]):
        subprocess.run([*git, *words], cwd=arena.folder, check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], cwd=arena.folder, check=True, capture_output=True, text=True).stdout.strip()
    submitted = arena("submit", "job", "--name", "a", "--image", "x", "--env", f"API_TOKEN={planted.TOKEN}", "seq 1 300; exit 3")
    assert submitted.code == 0, submitted.err
    assert arena("wait", "a", "--timeout", "60s").code == 20
    [row] = arena.data("history")
    assert (row["name"], row["status"], row["commit"], row["dirty"]) == ("a", "FAILED", commit, False)
    assert row["folder"] == str(arena.folder) and row["namespace"] == arena.namespace
    assert row["instances"][0]["exitCode"] == 3
    whole = arena.data("history", "show", "a")
    assert [one["lines"].splitlines() for one in whole["logs"]] == [[str(n) for n in range(101, 301)]], "the last 200 lines"
    assert whole["arguments"]["command"] == "seq 1 300; exit 3" and whole["objects"][0]["kind"] == "Job"
    assert whole["command"][:1] == ["submit"] and "API_TOKEN=***" in whole["command"]
    assert planted.TOKEN not in everything(arena.home)
    assert arena("delete", "a").code == 0
    whole = arena.data("history", "show", "a")
    assert whole["status"] == "FAILED" and whole["deletedBy"].endswith("(delete)") and whole["deleted"]
    assert arena("history", "logs", "a", "--tail", "2").out == "299\n300\n"
    assert arena("history", "--no-headers").out.split()[1:4] == ["a", "FAILED", "JOB"]
    assert not list((arena.home / "arena" / "history" / "open").iterdir())


def test_what_was_followed_is_kept_whole_and_shown_when_the_job_is_gone(arena: Any) -> None:
    arena("submit", "job", "--name", "f", "--image", "x", "seq 1 1000; sleep 1; echo the end")
    followed = arena("logs", "-f", "f")
    assert followed.out.splitlines() == [*map(str, range(1, 1001)), "the end"], followed.err
    assert arena("history", "logs", "f").out == followed.out


def test_a_running_job_that_is_deleted_leaves_its_logs(arena: Any) -> None:
    arena("submit", "job", "--name", "r", "--image", "x", "echo so far; sleep 1000")
    assert arena("wait", "r", "--for", "running", "--timeout", "60s").code == 0
    deadline = time.monotonic() + 60
    while "so far" not in arena("logs", "r").out and time.monotonic() < deadline:
        time.sleep(0.2)
    assert arena("delete", "r").code == 0
    [row] = arena.data("history", "r")
    assert row["status"] == "DELETED"
    assert arena("history", "logs", "r").out == "so far\n"


def test_a_job_that_others_removed_is_known_when_it_is_asked_for(arena: Any, local_cluster: Any) -> None:
    arena("submit", "job", "--name", "g", "--image", "x", "sleep 1000")
    path = f"/apis/batch/v1/namespaces/{arena.namespace}/jobs/g"
    local_cluster.request("DELETE", path, {"propagationPolicy": "Foreground"})
    deadline = time.monotonic() + 60
    while arena("get", "g").code == 0 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert "`arena history show g`" in arena("get", "g").err
    [row] = arena.data("history", "g")
    assert (row["status"], row["deletedBy"]) == ("DELETED", ""), "nobody here knows by whom"


def test_a_refused_submission_is_remembered_as_that(arena: Any) -> None:
    assert arena("submit", "job", "--name", "a", "--image", "x", "sleep 1000").code == 0
    assert arena("submit", "job", "--name", "a", "--image", "x", "true").code == 4
    assert next(row["status"] for row in arena.data("history")) == "REFUSED"
    assert arena("delete", "a").code == 0
    assert sorted(row["status"] for row in arena.data("history")) == ["DELETED", "REFUSED"]


def test_kill_9_of_a_submission_loses_and_doubles_no_job(arena: Any, local_cluster: Any) -> None:
    """At various moments; whatever is in the cluster then is in the history, once."""
    for number in range(10):
        process = arena.popen("submit", "job", "--name", f"k-{number}", "--image", "x", "sleep 1000")
        time.sleep(0.12 + 0.04 * number)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    there = {job["name"] for job in arena.data("list")}
    rows = arena.data("history")
    names = [row["name"] for row in rows]
    assert there <= set(names) and len(names) == len(set(names))
    assert {row["name"] for row in rows if row["status"] in ("PENDING", "RUNNING")} == there
    assert arena("delete", *there).code == 0 if there else True


def test_two_terminals_at_once(arena: Any) -> None:
    arena("submit", "job", "--name", "t", "--image", "x", "echo hello")
    assert arena("wait", "t", "--timeout", "60s").code == 0
    running = [
        arena.popen(*words) for words in (("get", "t"), ("list",), ("history", "show", "t"), ("why", "t"), ("history",), ("get", "t"))
    ]
    for process in running:
        _, err = process.communicate(timeout=90)
        assert process.returncode == 0, err
    whole = arena.data("history", "show", "t")
    assert len(whole["logs"]) == 1 and whole["status"] == "SUCCEEDED"


BREAKS: dict[str, Callable[[Path], object]] = {
    "a file in its place": lambda home: home.write_text(""),
    "a damaged store": lambda home: (home.mkdir(), (home / "history.db").write_bytes(b"no database " * 500)),
    "a store of a newer version": lambda home: (home.mkdir(), _newer(home / "history.db")),
    "a file where events go": lambda home: (home.mkdir(), (home / "spool").write_text("")),
    "a file where markers go": lambda home: (home.mkdir(), (home / "open").write_text("")),
}


def _newer(path: Path) -> None:
    import sqlite3

    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 1000")


@pytest.mark.parametrize("case", BREAKS)
def test_a_broken_history_stops_no_command(arena: Any, case: str) -> None:
    (arena.home / "arena").mkdir()
    BREAKS[case](arena.home / "arena" / "history")
    for words in (("submit", "job", "--name", "b", "--image", "x", "true"), ("list",), ("wait", "b", "--timeout", "60s"), ("delete", "b")):
        done = arena(*words)
        assert done.code == 0, done.err
        assert done.err.count("the history of jobs cannot be kept") <= 1 and "bug" not in done.err, done.err


def test_switched_off_nothing_is_written(arena: Any) -> None:
    (arena.home / "arena").mkdir()
    (arena.home / "arena" / "config").write_text("history=off\n")
    assert arena("submit", "job", "--name", "o", "--image", "x", "true").code == 0
    assert not (arena.home / "arena" / "history").exists()
    assert arena("delete", "o").code == 0
    assert arena("history").out.split() == ["ID", "NAME", "STATUS", "TRAINER", "SUBMITTED", "DURATION", "COMMIT"]
    (arena.home / "arena" / "config").write_text("history_days=soon\n")
    done = arena("list")
    assert done.code == 2 and "history_days=soon: expected a number" in done.err


def test_export_and_prune(arena: Any) -> None:
    for name in ("x", "y"):
        arena("submit", "job", "--name", name, "--image", "x", "true")
        arena("wait", name, "--timeout", "60s")
    lines = [json.loads(line) for line in arena("history", "export").out.splitlines()]
    assert [one["name"] for one in lines] == ["x", "y"] and all(one["objects"] and one["states"] for one in lines)
    assert "2 submissions would be forgotten" in arena("history", "prune", "--older-than", "0s", "--dry-run").err
    assert len(arena.data("history")) == 2
    assert arena("history", "prune", "--older-than", "0s").code == 0
    assert arena.data("history") == []
    assert arena("history", "show", "x").code == 3
    assert arena("history", "prune").code == 2
