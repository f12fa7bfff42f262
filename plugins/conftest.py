"""One local cluster for the tests of all job types, and the library as its user."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from arena_core.client import ArenaClient
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
    """The library, in a namespace of the test's own."""
    with ArenaClient(kubeconfig=str(queue_cluster.kubeconfig), namespace=queue_cluster.namespace()) as client:
        yield client
