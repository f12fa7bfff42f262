"""``arena stacks`` beside a real PyTorch, where ``ARENA_TEST_TORCH`` names a Python that has it; and what PyTorch itself has written."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena_core.client import ArenaClient
from arena_core.usecases.stacks import agent
from arena_core.usecases.stacks.model import Collective, Frame, Process, Thread
from arena_core.usecases.stacks.places import stacks_of
from arena_local.testing import LocalCluster
from benchmarks import torches

DUMPS = json.loads((Path(__file__).parent / "torch-2.13-gloo.json").read_text())
GRAPH = Frame("_engine_run_backward", "/opt/lib/python3.11/site-packages/torch/autograd/graph.py", 979)
LOADER = Frame("_get_data", "/opt/lib/python3.11/site-packages/torch/utils/data/dataloader.py", 1464)
FORKED = Frame("_bootstrap", "/opt/lib/python3.11/multiprocessing/process.py", 314)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    if not torches.python():
        pytest.skip("ARENA_TEST_TORCH names no Python that has PyTorch, so its real stacks are not looked at here")
    with LocalCluster.start() as one:
        yield one


@pytest.mark.parametrize("stall", list(torches.stalls()), ids=lambda s: s.name)
def test_the_rank_of_a_real_training_that_stalls_is_named(cluster: LocalCluster, tmp_path: Path, stall: torches.Stall) -> None:
    outcome = torches.one(ArenaClient(kubeconfig=str(cluster.kubeconfig)), stall, tmp_path)
    assert outcome.right, outcome


@pytest.mark.parametrize("case", DUMPS)
def test_what_pytorch_has_written_is_read(case: str, tmp_path: Path) -> None:
    """Gloo leaves each collective "scheduled": without the count of its group every rank seemed to be in the first."""
    found = []
    for number, one in enumerate(DUMPS[case]):
        dump = tmp_path / str(number)
        dump.write_bytes(base64.b64decode(one["dump"]))
        found.append(agent.last_collective(str(dump)))
        assert [found[-1][key] for key in ("name", "sequence", "state", "group")] == one["in"], (number, found)
    told = stacks_of([rank(number, *STEP, collective=Collective(**one)) for number, one in enumerate(found)])
    assert told.behind == ("worker-1 (rank 1)",)


def rank(number: int, *frames: Frame, sleeps: bool = True, collective: Collective | None = None) -> Process:
    threads = (Thread("MainThread", True, frames),)
    return Process(f"worker-{number}", f"p-{number}", 1, number, sleeps=sleeps, threads=threads, collective=collective)


def user(function: str, line: int) -> Frame:
    return Frame(function, "/code/train.py", line)


def collective(function: str) -> Frame:
    return Frame(function, "/opt/lib/python3.11/site-packages/torch/distributed/distributed_c10d.py", 3245)


STEP = (user("step", 3),)
BACKWARD = (GRAPH, user("<module>", 83))
BROADCAST = (collective("broadcast"), user("mismatched", 58))
ASLEEP = (user("read_batch", 42), user("<module>", 80))


@pytest.mark.parametrize(
    ("ranks", "behind"),
    [
        ([rank(0, *BACKWARD), rank(1, *BACKWARD), rank(2, *BROADCAST)], ["worker-2 (rank 2)"]),
        ([rank(0, *BACKWARD), rank(1, *BROADCAST), rank(2, *BROADCAST)], ["worker-0 (rank 0)"]),
        ([rank(0, *BACKWARD), rank(1, *BROADCAST)], []),
        ([rank(0, *BACKWARD), rank(1, *ASLEEP)], ["worker-1 (rank 1)"]),
        ([rank(0, *BACKWARD), rank(1, *BROADCAST), rank(2, *ASLEEP)], ["worker-2 (rank 2)"]),
        ([rank(0, *BACKWARD, sleeps=False), rank(1, *BROADCAST)], ["worker-0 (rank 0)"]),
        ([rank(0, *BACKWARD), rank(1, user("hook", 9), *BACKWARD)], ["worker-1 (rank 1)"]),
        ([rank(0, *BACKWARD), rank(1, *BACKWARD)], []),
    ],
)
def test_a_backward_pass_that_sleeps_waits_for_the_others(ranks: list[Process], behind: list[str]) -> None:
    """Before, two ranks that waited in it for a third in another collective were named in its place."""
    assert list(stacks_of(ranks).behind) == behind


def test_a_forked_loader_that_idles_is_nowhere() -> None:
    """Below its own calls it has those of the rank that it was forked from: they are not where it is."""
    idle = Process("worker-0", "p-0", 7, of=1, threads=(Thread("MainThread", True, (FORKED, LOADER, user("<module>", 74))),))
    busy = Process("worker-0", "p-0", 8, of=1, threads=(Thread("MainThread", True, (user("fetch", 34), FORKED, user("<module>", 74))),))
    (group,) = stacks_of([rank(0, *BACKWARD), idle, busy]).groups
    assert group.helpers == ("fetch (train.py:34)",)


def test_py_spys_names_are_those_of_faulthandler() -> None:
    """py-spy 0.4 puts the class before a function: then a launcher in `Popen.wait` was taken for a rank."""
    row = {"thread_name": "MainThread", "pid": 1, "os_thread_id": 1}
    names = ["Popen.wait", "Fetcher.fetch.<locals>.<listcomp>", "main"]
    text = json.dumps([{**row, "frames": [{"name": name, "filename": "a.py", "line": 1} for name in names]}])
    assert [frame[0] for frame in agent.of_spy(text)[0]["frames"]] == ["wait", "<listcomp>", "main"]


@pytest.mark.parametrize(
    ("environ", "folder"),
    [({"XDG_CACHE_HOME": "/c"}, "/c/torch/"), ({"HOME": "/h"}, "/h/.cache/torch/"), ({}, "/tmp/.cache/torch/")],
)
def test_the_recorders_files_are_looked_for_where_pytorch_writes_them(environ: dict[str, str], folder: str) -> None:
    files = agent.recorder(1, {**environ, "TORCH_NCCL_DEBUG_INFO_PIPE_FILE": "/tmp/p", "RANK": "3"})["files"]
    assert f"{folder}comm_lib_trace_rank_3" in files
