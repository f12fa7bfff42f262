"""Stalls that are injected into jobs of the local cluster: how often `arena stacks` names the rank that holds the others up."""

from __future__ import annotations

import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from arena_core.client import ArenaClient
from arena_local.context import Options
from arena_local.testing import LocalCluster
from benchmarks.harness import table

#: How a rank may stall in any program.
STALLING = """\
def read_batch():
    time.sleep(100000)


def update_weights():
    lock = threading.Lock()
    with lock:
        lock.acquire()


"""
#: A training without a framework: steps that end in a barrier over sockets. In the third step one rank stalls.
_BEGIN = """\
import multiprocessing
import os
import socket
import sys
import threading
import time

RANK, WORLD, KIND, CULPRIT, MARKS = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), sys.argv[1], int(sys.argv[2]), sys.argv[3]


def connect():
    if RANK == 0:
        server = socket.create_server(("", int(os.environ["MASTER_PORT"])), backlog=WORLD)
        return [server.accept()[0] for _ in range(WORLD - 1)]
    for _ in range(600):
        try:
            return [socket.create_connection((os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])), timeout=None)]
        except OSError:
            time.sleep(0.1)
    raise SystemExit("rank 0 is not there")


def barrier(peers):
    if RANK == 0:
        for peer in peers:
            peer.recv(1)
        for peer in peers:
            peer.sendall(b"x")
    else:
        peers[0].sendall(b"x")
        peers[0].recv(1)


def exchange(peers):  # a barrier that nobody knows by its name
    if RANK == 0:
        for peer in peers:
            peer.recv(1)
        for peer in peers:
            peer.sendall(b"x")
    else:
        peers[0].sendall(b"x")
        peers[0].recv(1)


"""
_END = """\
def compute():
    number = 0
    while True:
        number = (number * 31 + 7) % 1000003


def produce(queue, dies):
    if dies:
        os._exit(1)
    while True:
        fetch_item()


def fetch_item():
    time.sleep(100000)


def next_batch(dies):
    queue = multiprocessing.get_context("fork").Queue()
    worker = multiprocessing.get_context("fork").Process(target=produce, args=(queue, dies), daemon=True)
    worker.start()
    queue.get()


def open_file():
    path = MARKS + "/fifo%d" % RANK
    os.mkfifo(path)
    open(path).read()


def in_a_thread():
    thread = threading.Thread(target=read_batch, daemon=True)
    thread.start()
    thread.join()


STALLS = {
    "sleeping": read_batch,
    "deadlocked": update_weights,
    "slow": compute,
    "dead loader": lambda: next_batch(True),
    "stuck loader": lambda: next_batch(False),
    "silent file": open_file,
    "silent thread": in_a_thread,
}
peers = connect()
known = not KIND.startswith("unknown ")
for step in range(3):
    if step == 2:
        open(MARKS + "/%d" % RANK, "w").close()
        if RANK == CULPRIT:
            STALLS[KIND[len("" if known else "unknown "):]]()
    (barrier if known else exchange)(peers)
"""
PROGRAM = _BEGIN + STALLING + _END
#: The PATH of an image that has py-spy.
WITH = f"{sys.exec_prefix}/bin:{os.environ['PATH']}"
KINDS = ("sleeping", "deadlocked", "slow", "dead loader", "stuck loader", "silent file", "silent thread")


class Stall(NamedTuple):
    """One that is injected: what, in which rank of how many, and how stacks are read."""

    kind: str
    culprit: int
    world: int
    how: str

    @property
    def name(self) -> str:
        """A name for its job."""
        return f"{self.kind.replace(' ', '-')}-{self.culprit}-{self.world}-{self.how}"


class Outcome(NamedTuple):
    """What `arena stacks` has said of it."""

    stall: Stall
    behind: Sequence[str]
    said: str
    seconds: float

    @property
    def right(self) -> bool:
        """Whether it named the rank that stalls, and no other."""
        return len(self.behind) == 1 and self.behind[0].endswith(f"(rank {self.stall.culprit})")


def stalls(count: int, seed: int = 14) -> Iterator[Stall]:
    """Yield so many, of every kind in turn; a barrier that cannot be known by its name needs a majority that waits."""
    rng = random.Random(seed)
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        world = rng.randint(3, 5)
        unknown = number % 4 == 3
        how = "faulthandler" if number % 2 or not shutil.which("py-spy", path=WITH) else "py-spy"
        yield Stall(f"unknown {kind}" if unknown else kind, rng.randrange(world), world, how)


def play(client: ArenaClient, stall: Stall, folder: Path, python: str = "python3", text: str = PROGRAM) -> Outcome:
    """Start a job, wait until all of its ranks are where they will stay, and look."""
    marks = Path(tempfile.mkdtemp(dir=folder))
    program = folder / "train.py"
    program.write_text(text)
    args: dict[str, Any] = {
        "name": f"s-{stall.name}"[:49].rstrip("-"),
        "image": "python:3.11",
        "workers": stall.world,
        "command": [python, str(program), stall.kind, str(stall.culprit), str(marks)],
        "debug_stacks": stall.how == "faulthandler",
        "env": {"PATH": WITH if stall.how == "py-spy" else f"{sys.base_prefix}/bin:/usr/bin:/bin"},
    }
    job = client.submit("pytorchjob", args)
    try:
        limit = time.monotonic() + 120 + 4 * stall.world
        while len([m for m in marks.iterdir() if m.name.isdigit()]) < stall.world:
            if time.monotonic() > limit:
                raise TimeoutError(f"{stall}: {sorted(m.name for m in marks.iterdir())}")
            time.sleep(0.1)
        time.sleep(0.5 if python == "python3" else 1.5)
        began = time.monotonic()
        found = client.stacks(job.name)
        from arena_core.usecases.stacks.words import sentence

        return Outcome(stall, found.behind, sentence(found), time.monotonic() - began)
    finally:
        job.delete(wait=True)


def many(ranks: int, folder: Path, client: ArenaClient) -> float:
    """Return the seconds in which so many ranks are read."""
    return play(client, Stall("sleeping", ranks - 1, ranks, "faulthandler"), folder).seconds


def run(count: int = 100) -> str:
    """Return the table."""
    with LocalCluster.start(Options(nodes=4)) as cluster, tempfile.TemporaryDirectory() as name:
        client = ArenaClient(kubeconfig=str(cluster.kubeconfig))
        wide = many(64, Path(name), client)
        found = [play(client, stall, Path(name)) for stall in stalls(count)]
    total, right = Counter(o.stall.kind for o in found), Counter(o.stall.kind for o in found if o.right)
    rows = [*([kind, total[kind], right[kind]] for kind in sorted(total)), ["**all**", f"**{len(found)}**", f"**{sum(right.values())}**"]]
    middle = statistics.median(o.seconds for o in found)
    wrong = "".join(f"\n- {o.stall}: {o.said}; behind: {', '.join(o.behind) or 'not said'}" for o in found if not o.right)
    text = (
        "Jobs of 3 to 5 ranks on the local cluster that meet at a barrier over sockets; one rank stalls. `unknown`: the barrier cannot be "
        "told by its name. Right is: that rank is named, and no other. Read by py-spy and by faulthandler in turn."
    )
    shown = table(["stall", "injected", "right rank"], rows)
    return f"{text}\n\n{shown}\n\nOne look takes {middle:.2f} s in the middle; of 64 ranks {wide:.2f} s.{wrong}"
