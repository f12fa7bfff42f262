"""``-w``: in place on a terminal, lines in a pipe, told by watches, ended quietly by Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time

import jsonschema
import pytest

from arena_core.cli.printed import schema_of_command
from arena_core.client import ArenaClient
from arena_core.contract.errors import Cancelled
from arena_local.context import Options
from arena_local.testing import LocalCluster
from tests.cli.ptys import ARENA, Terminal

#: What a loaded machine adds to a fifth of a second; a look every so many seconds would not do.
SOON, NEVER = 8.0, 600.0
SLEEP = ["sh", "-c", "trap exit TERM; sleep 600 & wait"]


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster.start(Options(resources={"nvidia.com/gpu": 4}, quota={"nvidia.com/gpu": "2"})) as running:
        yield running


@pytest.fixture
def env(cluster, tmp_path):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ARENA", "KUBE", "PYTEST"))}
    return kept | {"KUBECONFIG": str(cluster.kubeconfig), "ARENA_HOME": str(tmp_path), "HOME": str(tmp_path)}


@pytest.fixture
def client(cluster):
    with ArenaClient(kubeconfig=str(cluster.kubeconfig)) as found:
        yield found
        found.delete(selector="test=watching", wait="job", timeout=60)


def submit(client, name, **more):
    args = {"name": name, "image": "i", "command": SLEEP, "label": {"test": "watching"}, **more}
    return client.submit("pytorchjob", args)


def in_a_pipe(words, env):
    """Start a command and return it with a queue of its lines."""
    process = subprocess.Popen([ARENA, *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_obedient)
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: [lines.put(line) for line in process.stdout], daemon=True).start()
    return process, lines


def _obedient():
    signal.signal(signal.SIGINT, signal.default_int_handler)


def ended_quietly(process):
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert process.stderr.read().strip().splitlines()[-1:] in ([], ["stopped"])


def until(lines, check, timeout=30.0):
    end, seen = time.monotonic() + timeout, []
    while True:
        try:
            seen.append(lines.get(timeout=max(0.1, end - time.monotonic())))
        except queue.Empty:
            raise AssertionError(f"it never came; so far: {seen}") from None
        if check(seen[-1]):
            return seen


@pytest.mark.parametrize("board", ["job", "pods", "queues", "nodes"])
def test_a_change_is_told_by_a_watch(client, board):
    """With a tick of ten minutes nothing but a watch can tell in time."""
    job = submit(client, f"told-{board}", gpus=1, kueue_queue="default-queue")
    beats: queue.Queue[float] = queue.Queue()
    pulse = client.pulse(client.get(job.name) if board == "job" else board, tick=NEVER)

    def count():
        with contextlib.suppress(Cancelled):  # the client is closed
            for _ in pulse:
                beats.put(time.monotonic())

    threading.Thread(target=count, daemon=True).start()
    beats.get(timeout=20)
    client.wait(job.name, "running", timeout=60)
    time.sleep(1)
    while not beats.empty():
        beats.get()
    began = time.monotonic()
    client.delete([job.name])
    assert beats.get(timeout=SOON) - began < SOON


def test_list_in_place(client, env):
    submit(client, "first")
    with Terminal(["list", "-w"], env, columns=80) as terminal:
        terminal.seen("first")
        terminal.until(lambda: "first  RUNNING" in terminal.screen)
        submit(client, "second")
        terminal.until(lambda: "second  RUNNING" in terminal.screen, SOON + 10)
        assert terminal.screen.count("NAME ") == 1 and terminal.screen.count("first ") == 1, terminal.screen
        client.delete(["first"], wait="job")
        terminal.until(lambda: "first" not in terminal.screen, SOON + 10)
        assert all(len(line) <= 80 for line in terminal.screen.splitlines())
        assert terminal.interrupt() == 130
        assert "Traceback" not in terminal.written and terminal.screen.strip().splitlines()[-1] in ("^Cstopped", "stopped")


def test_queue_in_place_and_in_a_pipe(client, env):
    with Terminal(["queue", "default-queue", "-w"], env, columns=100, rows=45) as terminal:
        terminal.seen("Running (0)")
        process, lines = in_a_pipe(["queue", "-w", "-o", "jsonl"], env)
        try:
            until(lines, lambda line: '"default-queue"' in line)
            submit(client, "holds", gpus=2, kueue_queue="default-queue")
            submit(client, "behind", gpus=2, kueue_queue="default-queue")
            terminal.until(lambda: "Running (1)" in terminal.screen and "Waiting (1)" in terminal.screen, SOON + 10)
            assert terminal.screen.count("Quota:") == 1 and "behind" in terminal.screen
            found = until(lines, lambda line: json.loads(line)["waitingJobs"] and json.loads(line)["runningJobs"])
            for line in found:
                jsonschema.validate(json.loads(line), {"$defs": schema_of_command(["queue"])["$defs"], "$ref": "#/$defs/Queue"})
            ended_quietly(process)
        finally:
            process.kill()
        assert terminal.interrupt() == 130 and "Traceback" not in terminal.written


def test_get_until_the_end(client, env):
    done = client.submit("pytorchjob", {"name": "ends", "image": "i", "command": "echo epoch 1/2; sleep 3", "label": {"test": "watching"}})
    with Terminal(["get", done.name, "-w"], env, rows=45) as terminal:
        terminal.seen("Instances:")
        assert terminal.end(60) == 0
        assert terminal.screen.count("Instances:") == 1
        assert "Status:      SUCCEEDED" in terminal.screen and "RUNNING" not in terminal.screen


def test_get_in_a_pipe_shows_each_state(client, env):
    done = client.submit("pytorchjob", {"name": "states", "image": "i", "command": "sleep 2", "label": {"test": "watching"}})
    out = subprocess.run([ARENA, "get", done.name, "-w", "-o", "jsonl"], env=env, capture_output=True, text=True, timeout=90, check=True)
    states = [json.loads(line)["status"] for line in out.stdout.splitlines()]
    assert states[-1] == "SUCCEEDED" and len(set(states)) > 1, states


def test_top_in_place_and_in_a_pipe(client, env):
    with Terminal(["top", "node", "-w"], env, columns=80) as terminal:
        terminal.seen("node-1")
        process, lines = in_a_pipe(["top", "job", "-w"], env)
        try:
            until(lines, lambda line: line.startswith("NAME"))
            submit(client, "busy", gpus=2)
            terminal.until(lambda: "busy(2)" in terminal.screen, SOON + 10)
            assert terminal.screen.count("GPU(Total)") == 1
            until(lines, lambda line: line.startswith("busy") and "RUNNING" in line)
            ended_quietly(process)
        finally:
            process.kill()
        assert terminal.interrupt() == 130 and "Traceback" not in terminal.written


def test_list_in_a_pipe_tells_of_those_that_have_gone(client, env):
    process, lines = in_a_pipe(["list", "-w", "-o", "jsonl", "-l", "test=watching"], env)
    try:
        submit(client, "comes")
        until(lines, lambda line: json.loads(line)["status"] == "RUNNING")
        client.delete(["comes"])
        seen = until(lines, lambda line: json.loads(line).get("deleted"))
        schema = {"$defs": schema_of_command(["list"])["$defs"], "$ref": "#/$defs/Listed"}
        for line in seen:
            jsonschema.validate(json.loads(line), schema)
        ended_quietly(process)
    finally:
        process.kill()


def test_names_are_cut_with_a_mark_and_never_in_a_pipe(client, env):
    """80 columns: the columns give way in the order that help and docs state, the last resort is a cut that shows."""
    name = "a-name-as-long-as-a-name-of-a-job-may-be-017"
    submit(client, name)
    with Terminal(["list", "-A"], env, columns=60) as terminal:
        assert terminal.end() == 0
        lines = terminal.screen.splitlines()
        row = next(line for line in lines if "…" in line)
        assert row.split()[1].endswith("-017") and len(row) <= 60
        assert any("too narrow for NODE" in line for line in lines)
    for words in (["list"], ["top", "job"]):
        out = subprocess.run([ARENA, *words], env=env | {"COLUMNS": "40"}, capture_output=True, text=True, timeout=60, check=True)
        assert name in out.stdout and "NODE" in out.stdout and "too narrow" not in out.stderr
    with Terminal(["list"], env, columns=200) as terminal:
        assert terminal.end() == 0
        assert name in terminal.screen and "NODE" in terminal.screen and "too narrow" not in terminal.screen
