"""Stalls of a real PyTorch (gloo, DistributedDataParallel, DataLoader): whom `arena stacks` names.

Nothing here installs PyTorch: ``ARENA_TEST_TORCH`` names a Python that has it.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from arena_core.client import ArenaClient
from arena_local.context import Options
from arena_local.testing import LocalCluster
from benchmarks.harness import table
from benchmarks.stalls import STALLING, Outcome, Stall, play

#: A step is a batch of a DataLoader, a forward and a backward pass and a metric that is reduced. In the third step one rank stalls.
_BEGIN = """\
import os
import signal
import sys
import threading
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset

KIND, CULPRIT, MARKS = sys.argv[1], int(sys.argv[2]), sys.argv[3]
torch.set_num_threads(1)
dist.init_process_group("gloo")
RANK = dist.get_rank()


class Data(Dataset):
    def __len__(self):
        return 64

    def __getitem__(self, index):
        if RANK == CULPRIT and index >= 8:
            if KIND == "stuck loader":
                fetch_item()
            if KIND == "stopped loader":
                mark()
                os.kill(os.getpid(), signal.SIGSTOP)
        return torch.ones(4)


def fetch_item():
    mark()
    time.sleep(100000)


def mark():
    open(MARKS + "/%d" % RANK, "w").close()


"""
_END = """\
def compute():
    weights = torch.ones(64, 64)
    while True:
        weights = torch.mm(weights, weights).clamp(0, 1)


def mismatched():
    dist.broadcast(torch.ones(1 << 20), src=(CULPRIT + 1) % dist.get_world_size())


def left_early():
    dist.barrier()


STALLS = {
    "sleeping": read_batch,
    "deadlocked": update_weights,
    "slow": compute,
    "mismatched": mismatched,
    "left early": left_early,
}
model = DistributedDataParallel(torch.nn.Linear(4, 1))
loader = DataLoader(Data(), batch_size=4, num_workers=1 if "loader" in KIND else 0, prefetch_factor=1 if "loader" in KIND else None)
for step, batch in enumerate(loader):
    if step == 2:
        if RANK != CULPRIT or "loader" not in KIND:
            mark()
        if RANK == CULPRIT and KIND in STALLS:
            STALLS[KIND]()
    loss = model(batch).sum()
    if step == 2 and RANK == CULPRIT and KIND == "in backward":
        loss.register_hook(lambda gradient: read_batch())
    loss.backward()
    dist.all_reduce(loss.detach())
"""
PROGRAM = _BEGIN + STALLING + _END
KINDS = ("sleeping", "deadlocked", "slow", "stuck loader", "stopped loader", "mismatched", "left early", "in backward")


def python() -> str:
    """Return the Python that has PyTorch; empty where none is named."""
    return os.environ.get("ARENA_TEST_TORCH", "")


def stalls(worlds: tuple[int, ...] = (2, 3, 4)) -> Iterator[Stall]:
    """Yield every kind, in jobs of several sizes, read in both ways. Of two that meet in different calls nobody can say who is wrong."""
    for number, kind in enumerate(KINDS):
        for world in worlds:
            if world > 2 or kind not in ("mismatched", "left early"):
                yield Stall(kind, (number + world) % world, world, ("py-spy", "faulthandler")[(number + world) % 2])


def one(client: ArenaClient, stall: Stall, folder: Path) -> Outcome:
    """Play one."""
    return play(client, stall, folder, python(), PROGRAM)


def run() -> str:
    """Return the table."""
    if not python():
        return "Not measured: `ARENA_TEST_TORCH` names a Python that has PyTorch."
    with LocalCluster.start(Options(nodes=4)) as cluster, tempfile.TemporaryDirectory() as name:
        client = ArenaClient(kubeconfig=str(cluster.kubeconfig))
        found = [one(client, stall, Path(name)) for stall in stalls()]
    total, right = Counter(o.stall.kind for o in found), Counter(o.stall.kind for o in found if o.right)
    rows = [*([kind, total[kind], right[kind]] for kind in sorted(total)), ["**all**", f"**{len(found)}**", f"**{sum(right.values())}**"]]
    wrong = "".join(f"\n- {o.stall}: {o.said}; behind: {', '.join(o.behind) or 'not said'}" for o in found if not o.right)
    text = "Jobs of 2 to 4 ranks that train a DistributedDataParallel model with PyTorch over Gloo; one rank stalls in the third step."
    return f"{text}\n\n{table(['stall', 'injected', 'right rank'], rows)}{wrong}"
