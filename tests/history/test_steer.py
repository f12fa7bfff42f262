"""stop, wait of several, prune that asks (issue 14)."""

from __future__ import annotations

import os
import pty
import subprocess
import time
from typing import Any

from tests.history.conftest import ARENA

JOB = ("submit", "job", "--image", "x", "--name")


def test_stop_suspends_where_it_can_and_says_so(arena: Any, local_cluster: Any) -> None:
    assert arena(*JOB, "s", "sleep 1000").code == 0
    assert arena(*JOB, "e", "true").code == 0
    assert arena("wait", "e", "--timeout", "60s").code == 0
    done = arena("stop", "s", "e", "nosuch")
    assert done.code == 3 and "job s was suspended" in done.err and "job e had ended already: it is SUCCEEDED" in done.err
    assert arena.data("get", "s")["status"] == "SUSPENDED"
    assert arena("resume", "s").code == 0
    assert arena("delete", "s", "e").code == 0


def test_stop_deletes_what_cannot_be_suspended(arena: Any) -> None:
    made = ("submit", "volcanojob", "--image", "x", "--name", "v", "--queue", "default", "--max-retry", "1", "sleep 1000")
    assert arena(*made).code == 0
    kept = arena("stop", "v", "--suspend")
    assert kept.code == 1 and "left as it is" in kept.err
    done = arena("stop", "v")
    assert done.code == 0 and "volcanojob v was deleted, since Volcano counts resuming as a restart" in done.err, done.err
    assert arena("get", "v").code == 3


def test_stop_of_a_queued_job_deletes_it(arena: Any, local_cluster: Any) -> None:
    queue = {"apiVersion": "kueue.x-k8s.io/v1beta1", "kind": "LocalQueue", "spec": {"clusterQueue": "nosuch"}}
    local_cluster.create({**queue, "metadata": {"name": "mine", "namespace": arena.namespace}})
    assert arena(*JOB, "q", "--kueue-queue", "mine", "sleep 1000").code == 0
    done = arena("stop", "q")
    assert done.code == 0 and "deleted, since Kueue decides when it runs, in queue mine" in done.err, done.err


def test_wait_for_all_and_for_any(arena: Any) -> None:
    for name, command in (("a", "true"), ("b", "sleep 2"), ("c", "sleep 2; exit 3"), ("d", "sleep 1000")):
        assert arena(*JOB, name, "--label", f"end={'no' if name == 'd' else 'yes'}", command).code == 0
    done = arena("wait", "a", "b", "--timeout", "60s")
    assert done.code == 0 and "a is SUCCEEDED" in done.err and "b is SUCCEEDED" in done.err
    failed = arena("wait", "-l", "end=yes", "--timeout", "60s")
    assert failed.code == 20 and "job c failed" in failed.err and failed.err.count("error:") == 1
    assert arena("wait", "c", "d", "a", "--any", "--timeout", "60s").err.splitlines()[-1] == "a is there"
    late = arena("wait", "a", "d", "--timeout", "1s")
    assert late.code == 124 and "1 of 2 are not there after 1 s: d" in late.err
    assert arena("wait", "c", "--any", "c", "--timeout", "60s").code == 20
    assert arena("wait", "-l", "end=never").code == 3
    assert arena("wait", "a", "-l", "end=yes").code == 2
    arena("delete", "a", "b", "c", "d")
    assert arena("wait", "-l", "end=yes", "--for", "deleted").code == 0
    assert arena("wait", "a", "b", "--for", "deleted").code == 0


def _typed(arena: Any, answer: str, *words: str) -> str:
    """Return what a person sees who answers at a terminal."""
    ours, theirs = pty.openpty()
    command = [ARENA, *words, "-n", arena.namespace]
    process = subprocess.Popen(command, env=arena.env, stdin=theirs, stdout=theirs, stderr=theirs, cwd=arena.folder)
    os.close(theirs)
    os.write(ours, answer.encode())
    seen = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    process.wait(timeout=60)
    os.close(ours)
    return seen.decode()


def test_prune_asks_a_person(arena: Any) -> None:
    assert arena(*JOB, "p", "true").code == 0
    assert arena("wait", "p", "--timeout", "60s").code == 0
    assert "delete 1 job? [y/N]" in (said := _typed(arena, "n\n", "prune", "--older-than", "0s")) and "nothing was deleted" in said
    assert arena("get", "p").code == 0
    assert "has been deleted successfully" in _typed(arena, "y\n", "prune", "--since", "0s")
    assert arena("get", "p").code == 3
    assert arena(*JOB, "p2", "true").code == 0
    assert arena("wait", "p2", "--timeout", "60s").code == 0
    assert "[y/N]" not in _typed(arena, "", "prune", "--older-than", "0s", "--yes")
    assert arena("get", "p2").code == 3


def test_a_silence_is_told_once(arena: Any) -> None:
    assert arena(*JOB, "q", "echo first; sleep 5; echo then").code == 0
    running = [arena.popen(*words, "--inactive", "2s") for words in (("wait", "q", "--timeout", "60s"), ("logs", "-f", "q"))]
    for process in running:
        _, err = process.communicate(timeout=90)
        assert process.returncode == 0, err
        assert err.count("warning: q has written nothing for") == 1, err
    assert arena("delete", "q").code == 0
    assert arena("logs", "x", "--inactive", "2s").code == 2
    assert arena("wait", "a", "b", "--inactive", "2s").code == 2


def test_completion_offers_earlier_jobs_also_those_that_are_gone(arena: Any) -> None:
    assert arena(*JOB, "past-1", "true").code == 0
    assert arena("delete", "past-1").code == 0
    for words in (("clone",), ("history", "show"), ("diff", "x")):
        done = subprocess.run([ARENA, "__complete", "fish", *words, "pa"], env=arena.env, capture_output=True, text=True, check=True)
        assert done.stdout.split("\t")[0] == "past-1", words
