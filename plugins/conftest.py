"""One local cluster for the tests of all job types, and the library as its user."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.types import Phase
from arena_local.context import Options
from arena_local.testing import LocalCluster

#: What operators wait for, shortened.
QUICK = {
    "appwrapper.start": 0.3,
    "appwrapper.create": 0.1,
    "job.backoff": 0.2,
    "rayjob.poll": 0.3,
    "rayjob.readiness": 1,
}


@pytest.fixture(scope="session")
def queue_cluster() -> Iterator[LocalCluster]:
    """A cluster of one node with 8 pretended GPUs, of which the queue of namespace ``default`` has 2, and a clock that can be moved.

    All job types of a worker share it, so a test of a queue deletes what it has put there.
    """
    options = Options(resources={"nvidia.com/gpu": "8"}, quota={"nvidia.com/gpu": "2"}, delays=QUICK, movable_clock=True)
    with LocalCluster.start(options) as cluster:
        yield cluster


@pytest.fixture
def arena(queue_cluster: LocalCluster) -> Iterator[ArenaClient]:
    """The library, in a namespace of the test's own. With the test it goes: what a test leaves would run, and be probed, to the end."""
    namespace = queue_cluster.namespace()
    with ArenaClient(kubeconfig=str(queue_cluster.kubeconfig), namespace=namespace) as client:
        yield client
    queue_cluster.request("DELETE", f"/api/v1/namespaces/{namespace}")


@pytest.fixture
def one_after_the_other(queue_cluster: LocalCluster) -> Callable[[str, Mapping[str, Any], Mapping[str, Any]], None]:
    """Return what submits two jobs of a type to a queue that has room for one: the other says why it waits, and goes when that is deleted.

    It takes the type, the arguments of the first (2 GPUs, running for long) and of the second (ending by itself), but for names and queue.
    """

    def check(kind: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
        one, other = f"{kind}-first", f"{kind}-second"  # all types have them in one namespace
        with ArenaClient(kubeconfig=str(queue_cluster.kubeconfig), namespace="default") as arena:
            arena.submit(kind, {**first, "name": one, "kueue_queue": "default-queue"})
            assert arena.wait(one, "running", timeout=90).status.requests == {"nvidia.com/gpu": 2}
            arena.submit(kind, {**second, "name": other, "kueue_queue": "default-queue"})
            queue_cluster.until(lambda: arena.get(other).status.phase is Phase.QUEUING, 20, "that the second job queues")
            queue_cluster.until(lambda: "nvidia.com/gpu" in arena.explain(arena.get(other))[0].message, 20, "that Kueue says why")
            arena.delete(one)
            assert arena.wait(other, timeout=90).status.phase is Phase.SUCCEEDED
            arena.delete(other, wait=True, timeout=30)

    return check
