"""Which processes are ranks, where they are, and whom the others wait for: pure rules (issue 14, stacks)."""

from __future__ import annotations

import ast
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.podspec.debugging import SITE
from arena_core.usecases.stacks import agent, probe, words
from arena_core.usecases.stacks.choose import processes_of
from arena_core.usecases.stacks.model import Frame, Process, Thread, Unread
from arena_core.usecases.stacks.places import place_of, stacks_of

TORCH = "/opt/conda/lib/python3.11/site-packages/torch"
REDUCE = [["all_reduce", f"{TORCH}/distributed/distributed_c10d.py", 2501], ["wrapper", f"{TORCH}/distributed/c10d_logger.py", 83]]
STEP = ["train_step", "/code/ddp.py", 88]
LOADER = [["wait", "/opt/conda/lib/python3.11/threading.py", 331], ["_next_data", f"{TORCH}/utils/data/dataloader.py", 1329]]


def row(pid, parent=1, env=None, frames=(STEP,), **more):
    threads = [{"name": "MainThread", "main": True, "frames": list(frames)}]
    return {"pid": pid, "parent": parent, "name": "python", "python": True, "state": "S", "env": env or {}, "threads": threads, **more}


def ranks(*rows):
    return [(p.pid, p.rank, p.of) for p in processes_of({"processes": list(rows)}, "worker-0", "j-worker-0")]


def at(rank, *frames, of=0, pid=7):
    frames = tuple(Frame(*f) for f in frames)
    return Process(f"worker-{rank}", f"j-{rank}", pid, None if of else rank, of, "py-spy", True, (Thread("MainThread", True, frames),))


def test_the_children_of_torchrun_are_the_ranks_and_not_torchrun():
    agent_row = row(10, env={"RANK": "1"})  # the operator's: the number of the node
    kids = [row(20 + n, 10, {"RANK": str(4 + n), "LOCAL_RANK": str(n)}) for n in range(4)]
    assert ranks(agent_row, *kids) == [(20 + n, 4 + n, 0) for n in range(4)]


def test_loaders_work_for_their_rank_and_a_shell_between_is_none():
    shell = {"pid": 15, "parent": 10, "name": "sh", "python": False, "state": "S", "env": {}}
    rows = [row(10, env={"RANK": "0"}), shell, row(11, 10, {"RANK": "0"}), row(12, 15, {"RANK": "0"}), row(13, 12, {"RANK": "0"})]
    assert ranks(*rows) == [(10, 0, 0), (11, 0, 10), (12, 0, 10), (13, 0, 10)]


@pytest.mark.parametrize(
    "frame", [["_wait", "/usr/lib/python3.11/subprocess.py", 2012], ["join", f"{TORCH}/multiprocessing/spawn.py", 140]]
)
def test_who_waits_for_its_children_is_a_launcher(frame):
    assert ranks(row(10, frames=[frame, ["main", "/code/launch.py", 3]]), row(11, 10), row(12, 10)) == [(11, None, 0), (12, None, 0)]


@pytest.mark.parametrize("file", ["resource_tracker.py", "forkserver.py"])
def test_processes_of_multiprocessings_own_are_nothing(file):
    servant = row(11, 10, {"RANK": "0"}, [["main", f"/usr/lib/python3.12/multiprocessing/{file}", 200], ["<module>", "<string>", 1]])
    forked = row(12, 11, {"RANK": "0"}, [STEP, ["main", f"/usr/lib/python3.12/multiprocessing/{file}", 300]])
    assert ranks(row(10, env={"RANK": "0"}), servant, forked) == [(10, 0, 0), (12, 0, 10)]


def test_two_of_a_pod_that_claim_the_same_rank_were_told_that_of_their_pod():
    assert ranks(row(10, env={"RANK": "3"}), row(11, env={"RANK": "3"})) == [(10, None, 0), (11, None, 0)]


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ([*REDUCE, STEP], "all_reduce (ddp.py:88)"),
        ([*LOADER, ["epoch", "/code/data.py", 41]], "DataLoader (data.py:41)"),
        ([["load", "/code/io.py", 5], ["main", "/code/t.py", 9]], "load (io.py:5)"),
        ([["wait", "/usr/lib/python3.12/threading.py", 355], ["main", "/code/t.py", 9]], "wait (t.py:9)"),
        ([["_worker", "/usr/lib/python3.12/concurrent/futures/thread.py", 90]], "_worker (thread.py:90)"),
        ([["main", "<string>", 0]], "main (<string>:?)"),
        ([], "? (?:?)"),
    ],
)
def test_the_place_is_the_innermost_line_of_the_user(frames, said):
    assert str(place_of([Frame(*f) for f in frames])) == said


def test_equal_ranks_are_grouped_and_who_does_not_wait_for_the_others_is_named():
    found = stacks_of([*(at(n, *REDUCE, STEP) for n in range(8) if n != 3), at(3, *LOADER, ["epoch", "/code/data.py", 41])])
    assert words.sentence(found) == "7 ranks wait in all_reduce (ddp.py:88), rank 3 waits in DataLoader (data.py:41)"
    assert found.behind == ("worker-3 (rank 3)",)
    assert [words.names(g.members) for g in found.groups] == ["ranks 0-2, 4-7", "rank 3"]


def test_one_of_two_that_does_not_wait_is_named_whichever_is_more():
    assert stacks_of([at(0, *REDUCE, STEP), at(1, STEP)]).behind == ("worker-1 (rank 1)",)
    assert stacks_of([at(0, *REDUCE, STEP), *(at(n, STEP) for n in (1, 2))]).behind == ("worker-1 (rank 1)", "worker-2 (rank 2)")


def test_a_meeting_without_a_known_name_is_where_most_are():
    here, there = ["swap", "/code/m.py", 5], ["swap", "/code/m.py", 9]
    assert stacks_of([at(0, here), at(1, there), at(2, ["load", "/code/m.py", 50])]).behind == ("worker-2 (rank 2)",)
    assert stacks_of([at(0, here), at(1, here), at(2, there)]).behind == ("worker-2 (rank 2)",)


def test_where_nothing_tells_it_nobody_is_blamed():
    assert stacks_of([at(n, *REDUCE, STEP) for n in range(4)]).behind == ()
    assert stacks_of([at(0, STEP), at(1, ["load", "/code/m.py", 5])]).behind == ()
    assert stacks_of([]).behind == ()
    assert words.behind(stacks_of([])) == ""


def test_who_is_not_there_may_be_what_the_others_wait_for():
    gone = Unread("worker-9", "it has ended with exit code 1", absent=True)
    assert stacks_of([at(n, *REDUCE, STEP) for n in range(2)], [gone]).behind == ("worker-9",)
    assert stacks_of([at(0, STEP)], [gone]).behind == ()


def test_where_the_loader_of_a_rank_is_stands_beside_it():
    loader = at(3, ["__getitem__", "/code/data.py", 12], of=7, pid=8)
    found = stacks_of([at(3, *LOADER, ["epoch", "/code/data.py", 41]), loader])
    assert words.sentence(found) == "rank 3 waits in DataLoader (data.py:41), working for it: __getitem__ (data.py:12)"


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["pid", "parent", "env", "threads", "frames", "main", "processes", "RANK"]), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_a_pod_may_answer_whatever_it_likes():
    odd = row(10, env={"RANK": "9" * 5000}, frames=[["f" * 10**6, "/a\x1b[2J.py", 10**400], ["g", "x", "y"], 5])
    [one] = processes_of({"processes": [odd, 7, {"pid": "x"}]}, "w", "p")
    assert one.rank is None and [len(f.function) for f in one.main.frames] == [300, 1]


@given(junk)
def test_whatever_a_pod_answers_is_read(answer):
    words.sentence(stacks_of(processes_of({"processes": answer}, "w", "p")))


def test_faulthandler_is_read_with_and_without_names_of_threads():
    text = (
        'Thread 0x00007f01 [loader] (most recent call first):\n  File "/a b/x.py", line 3 in f\n\n'
        'Current thread 0x00007f02 (most recent call first):\n  File "t.py", line ??? in <module>\n'
    )
    assert agent.of_handler(text, 0x7F02) == [
        {"name": "loader", "main": False, "frames": [["f", "/a b/x.py", 3]]},
        {"name": "", "main": True, "frames": [["<module>", "t.py", 0]]},
    ]


@pytest.mark.parametrize("source", [probe.agent_source().decode(), SITE], ids=["agent", "sitecustomize"])
def test_what_runs_in_pods_is_understood_by_the_pythons_of_old_images(source):
    ast.parse(source, feature_version=(3, 7))


def test_a_signal_that_nobody_catches_is_never_sent():
    """Without a handler signal 57 ends a program."""
    assert not agent.catches(agent.fields_of("Name:\tpython\nSigCgt:\t0000000000000002\n"))
    assert not agent.catches({}) and not agent.catches({"SigCgt": "odd"})
    assert agent.catches({"SigCgt": "0100000000000000"})
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as plain:
        assert agent.memory_file(plain.pid) == ""


def test_the_images_own_sitecustomize_is_still_loaded(tmp_path):
    for folder, text in (("ours", SITE), ("theirs", "import sys\nsys.mark = 'theirs'\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "sitecustomize.py").write_text(text)
    path = f"{tmp_path}/ours:{tmp_path}/theirs"
    program = "import sys, sitecustomize; print(sys.mark, sitecustomize.__file__)"
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True)
    assert done.stdout == f"theirs {tmp_path}/theirs/sitecustomize.py\n" and not done.stderr


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'Permission Denied: Try running again with elevated permissions' >&2; exit 1", "the right to ptrace"),
        ("echo one >&2; echo 'Error: Failed to find python version' >&2; exit 1", "py-spy: Error: Failed to find python version"),
        ("exit 3", "py-spy: exit code 3"),
        ("echo nonsense", "something else than JSON"),
        ("exec sleep 5", "did not answer in time"),
    ],
)
def test_what_py_spy_cannot_do_is_said(script, said, tmp_path):
    spy = tmp_path / "py-spy"
    spy.write_text(f"#!/bin/sh\n{script}\n")
    spy.chmod(0o755)
    threads, trouble = agent.end_spy(agent.begin_spy(str(spy), 1, ()), time.monotonic() + 0.3)
    assert threads == [] and said in trouble
