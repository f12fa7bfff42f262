"""``arena stacks`` on the local cluster, with real processes (issue 14)."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.errors import ArenaError, PermissionDenied, UsageError
from arena_core.usecases.stacks import probe
from benchmarks import stalls
from tests.cli.conftest import arena, cluster, home

__all__ = ["arena", "cluster", "home"]
#: All hundred with ``ARENA_FAULTS=all``, as `dev.py bench stalls` plays them.
STALLS = list(stalls.stalls(100))
PICKED = STALLS if os.environ.get("ARENA_FAULTS") == "all" else [STALLS[n] for n in (0, 4, 3)]
HAS_SPY = shutil.which("py-spy", path=f"{sys.exec_prefix}/bin") is not None
assert HAS_SPY or not os.environ.get("ARENA_TEST_NEEDS_PYSPY"), "py-spy is not installed: `dev.py setup` installs it"
needs_spy = pytest.mark.skipif(not HAS_SPY, reason="py-spy is not installed")
WITHOUT = f"{sys.base_prefix}/bin:/usr/bin:/bin"


@pytest.fixture
def client(cluster, monkeypatch):
    monkeypatch.setenv("PATH", f"{sys.exec_prefix}/bin:{os.environ['PATH']}")
    return ArenaClient(kubeconfig=str(cluster.kubeconfig), namespace=cluster.namespace("stacks"))


@pytest.fixture
def start(client, tmp_path):
    """Submit a program and wait until it has made its mark."""

    def begin(text, name="j", kind="job", marks=1, **more):
        program = tmp_path / f"{name}.py"
        program.write_text(text)
        raw = {"name": name, "image": "x", "command": ["python3", str(program)], "env": {"PATH": WITHOUT, "MARKS": str(tmp_path)}, **more}
        client.submit(kind, raw)
        limit = time.monotonic() + 60
        while len(list(tmp_path.glob("mark*"))) < marks:
            assert time.monotonic() < limit, [line.text for line in client.logs(name)]
            time.sleep(0.05)
        time.sleep(0.2)

    return begin


MARK = "import os, sys, time\nopen(f\"{os.environ['MARKS']}/mark{os.environ.get('RANK', os.path.basename(sys.argv[0]))}\", 'w').close()\n"


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("stall", PICKED, ids=lambda s: s.name)
def test_the_rank_that_stalls_is_named(client, tmp_path, stall):
    outcome = stalls.play(client, stall, tmp_path)
    assert outcome.right, outcome


def test_ranks_of_a_launcher_in_one_pod(start, client, arena, cluster, monkeypatch):
    """As torchrun does it: one process starts those that train, and tells each its rank."""
    train = f"{MARK}def step(): time.sleep(1000)\nstep()\n"
    text = (
        f"import os, subprocess, sys, time\nTRAIN = {train!r}\n"
        "for n in range(3):\n"
        "    env = {**os.environ, 'RANK': str(n), 'LOCAL_RANK': str(n), 'WORLD_SIZE': '3'}\n"
        "    subprocess.Popen([sys.executable, '-c', TRAIN], env=env)\n"
        "while True:\n    time.sleep(0.1)\n"
    )
    start(text, marks=3, debug_stacks=True)
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    words = ("stacks", "j", "-n", client.namespace)
    done = arena(*words)
    assert done.code == 0 and "waits in" not in done.out and "wait in step (<string>:3)  ranks 0-2" in done.out, done
    data = json.loads(arena(*words, "-o", "json").out)
    assert data["summary"] == "3 ranks wait in step (<string>:3)" and data["behind"] == [] and data["unread"] == []
    assert {p["readBy"] for p in data["processes"]} == {"faulthandler"} and [p["rank"] for p in data["processes"]] == [0, 1, 2]
    full = arena(*words, "--full").out
    assert full.count("main thread\n    step (<string>:3)\n    <module> (<string>:4)") == 3, full


def test_a_look_changes_nothing_and_leaves_nothing(start, client, tmp_path):
    start(f"{MARK}for n in range(12):\n    time.sleep(0.25)\n    print(n, flush=True)\n", debug_stacks=True)
    for _ in range(2):
        assert [g.what for g in client.stacks("j").groups] == ["<module>"]
    assert client.wait("j", timeout=60).status.phase == "SUCCEEDED"
    assert [line.text for line in client.logs("j")] == [str(n) for n in range(12)]


@needs_spy
def test_a_program_that_nothing_was_prepared_for_needs_py_spy_which_can_be_carried(start, client, arena, cluster, monkeypatch):
    start(f"{MARK}def load():\n    time.sleep(1000)\nload()\n")
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    words = ("stacks", "j", "-n", client.namespace)
    done = arena(*words)
    assert done.code == 1 and "no py-spy in the image" in done.err and "--carry" in done.err and "--debug-stacks" in done.err, done
    carried = arena(*words, "--carry")
    assert carried.code == 0 and "waits in load (j.py:4)" in carried.out, carried
    session = client.exec("j", ["sh", "-c", "find / -xdev -newer \"$MARKS/j.py\" -name '*spy*' 2>/dev/null; cat /proc/[0-9]*/comm"])
    said = b""
    while (piece := session.read()) is not None:
        said += piece[1]
    assert b"spy" not in said
    # A program that was not prepared is not signalled: it still runs.
    assert client.get("j").status.phase == "RUNNING"
    elf = bytearray(probe.Path(shutil.which("py-spy")).read_bytes()[:64])
    elf[18:20], elf[56:58] = (183).to_bytes(2, "little"), b"\0\0"
    monkeypatch.setattr(probe, "py_spy", lambda path="": probe.Carried(probe.zlib.compress(bytes(elf)), "aarch64,arm64"))
    other = arena(*words, "--carry")
    assert other.code == 1 and "is for aarch64, the node is" in other.err, other


def test_what_cannot_be_told_is_said(client, arena, cluster, monkeypatch):
    client.submit("job", {"name": "s", "image": "x", "command": ["exec sleep 1000"]})
    client.submit("job", {"name": "e", "image": "x", "command": ["true"]})
    client.wait("s", "running", timeout=60)
    client.wait("e", timeout=60)
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    none = arena("stacks", "s", "-n", client.namespace)
    assert none.code == 1 and "no Python program runs in it (sleep does)" in none.err, none
    ended = arena("stacks", "e", "-n", client.namespace)
    assert ended.code == 3 and "has ended (SUCCEEDED)" in ended.err, ended
    assert arena("stacks", "nosuch", "-n", client.namespace).code == 3
    assert arena("stacks", "s", "-i", "nosuch", "-n", client.namespace).code == 3


def test_only_a_static_linux_program_is_carried(tmp_path):
    odd = tmp_path / "py-spy"
    for content, said in ((b"#!/bin/sh\n", "not a program for Linux"), (probe.Path("/bin/sh").read_bytes(), "not statically linked")):
        odd.write_bytes(content)
        with pytest.raises(UsageError, match=said):
            probe.py_spy(str(odd))
    with pytest.raises(UsageError, match="cannot be read"):
        probe.py_spy(str(tmp_path / "nosuch"))


def test_who_may_not_enter_pods_is_told_so(start, client, monkeypatch):
    start(f"{MARK}time.sleep(1000)\n")

    def refuse(*args, **more):
        raise PermissionDenied("you may not create pods/exec")

    job = client.get("j")
    monkeypatch.setattr("arena_core.usecases.stacks.look.ask", refuse)
    with pytest.raises(PermissionDenied):
        client.stacks(job)


def test_a_pod_that_never_answers_is_given_up(start, client):
    start(f"{MARK}time.sleep(1000)\n")
    with pytest.raises(ArenaError, match=r"no answer within 0\.01 s|connection was lost"):
        probe.ask(client.cluster, client.namespace, client.get("j").status.instances[0].name, "", limit=0.01)


def test_why_of_a_silent_job_says_where_it_is(start, client, arena, cluster, monkeypatch):
    start(f"{MARK}print('began', flush=True)\ndef load():\n    time.sleep(1000)\nload()\n", debug_stacks=True)
    start(f"{MARK}while True:\n    print('step', flush=True)\n    time.sleep(0.1)\n", name="busy", marks=2)
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    time.sleep(1)
    done = arena("why", "j", "--inactive", "1s", "-n", client.namespace)
    assert "it runs, and has written nothing for " in done.out and " waits in load (j.py:5)" in done.out, done
    assert f"-> `arena stacks j --full -n {client.namespace}`" in done.out, "it goes where this command went"
    [cause] = json.loads(arena("why", "j", "--inactive", "1s", "-n", client.namespace, "-o", "json").out)["causes"]
    assert cause["reason"] == "Silent" and cause["rank"] == "info"
    assert "no problem found" in arena("why", "j", "-n", client.namespace).out
    assert "no problem found" in arena("why", "busy", "--inactive", "20s", "-n", client.namespace).out


@pytest.mark.parametrize("words", [("wait", "--timeout", "60s"), ("logs", "-f")], ids=["wait", "logs"])
def test_a_silence_shows_where_it_is_or_stops_the_job(words, start, client, arena, cluster, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    options = ("-n", client.namespace, "--inactive", "1s", "--on-inactive")
    start(f"{MARK}print('began', flush=True)\ndef load():\n    time.sleep(4)\nload()\n", debug_stacks=True)
    shown = arena(*words, "j", *options, "stacks")
    assert shown.code == 0 and "warning: j has written nothing for" in shown.err and "waits in load (j.py:5)" in shown.err, shown
    start(f"{MARK}print('began', flush=True)\ntime.sleep(1000)\n", name="k", marks=2)
    stopped = arena(*words, "k", *options, "stop")
    assert stopped.code == 124 and "k was suspended, since it had written nothing for" in stopped.err, stopped
    assert client.get("k").status.phase == "SUSPENDED"
    assert arena(*words, "k", "-n", client.namespace, "--on-inactive", "stop").code == 2


@pytest.mark.parametrize("stays", ["--wait", "--follow"])
def test_a_submission_that_stays_hears_a_silence_too(stays, client, arena, cluster, monkeypatch):
    """Issue 14: `submit --wait` had no `--inactive`."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    name = f"silent{stays[1:]}"
    words = ("submit", "job", "--name", name, "--image", "x", "-n", client.namespace, "--inactive", "1s", "--on-inactive", "stop")
    for alone in ((), ("--sweep", "A=1,2", "--wait")):
        refused = arena(*words, *alone, "sleep 1000")
        assert refused.code == 2 and "--inactive" in refused.err and not client.list().jobs, refused
    stopped = arena(*words, stays, "--timeout", "50s", "exec sleep 1000")
    assert stopped.code == 124 and f"{name} was suspended, since it had written nothing for" in stopped.err, stopped
    assert "keeps running" not in stopped.err and client.get(name).status.phase == "SUSPENDED"


#: What PyTorch's flight recorder does (torch/csrc/distributed/c10d): a pipe of the rank, and a dump when something is written to it.
RECORDER = """
import os, pickle, threading, time
RANK, STEM = int(os.environ["RANK"]), os.environ["TORCH_NCCL_DEBUG_INFO_PIPE_FILE"]
os.mkfifo(f"{STEM}{RANK}.pipe")
pipe = os.open(f"{STEM}{RANK}.pipe", os.O_RDONLY | os.O_NONBLOCK)
def entry(number, state):
    return {"record_id": number, "process_group": ("0", "default_pg"), "collective_seq_id": number, "is_p2p": False,
            "profiling_name": "nccl:all_reduce", "state": state}
def listen():
    while True:
        time.sleep(0.1)
        if os.read(pipe, 10):
            states = ["completed"] * 2 + ([] if RANK == 1 else ["started"])
            dump = {"version": "2.4", "entries": [entry(n + 40, s) for n, s in enumerate(states)]}
            with open(f"{os.environ['TORCH_NCCL_DEBUG_INFO_TEMP_FILE']}{RANK}", "wb") as file:
                pickle.dump(dump, file, protocol=2)
threading.Thread(target=listen, daemon=True).start()
"""


def test_nccls_own_count_tells_who_has_not_arrived(start, client, arena, cluster, monkeypatch, tmp_path):
    env = {"PATH": WITHOUT, "MARKS": str(tmp_path), "TORCH_NCCL_DEBUG_INFO_PIPE_FILE": f"{tmp_path}/pipe"}
    env["TORCH_NCCL_DEBUG_INFO_TEMP_FILE"] = f"{tmp_path}/trace"
    start(f"{RECORDER}{MARK}time.sleep(1000)\n", kind="pytorchjob", marks=3, workers=3, debug_stacks=True, env=env)
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    done = arena("stacks", "j", "-n", client.namespace)
    assert "by NCCL's count: ranks 0, 2 in all_reduce 42 (started), rank 1 in all_reduce 41 (completed)" in done.out, done
    assert "the others seem to wait for worker-0 (rank 1)" in done.out


def test_a_dump_runs_nothing(tmp_path):
    """What lies where a dump is expected may be anything."""
    from arena_core.usecases.stacks.agent import last_collective

    mark, dump = tmp_path / "ran", tmp_path / "dump"
    for content in (b"cos\nsystem\n(S'touch %s'\ntR." % str(mark).encode(), b"", b"{}", b"\x80\x02}q\x00."):
        dump.write_bytes(content)
        assert last_collective(str(dump)) == {}
    assert not mark.exists() and last_collective(str(tmp_path / "nosuch")) == {}
