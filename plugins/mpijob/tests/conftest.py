"""A local cluster with quick waits, and the library as its user."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from arena_core.client import ArenaClient
from arena_local.context import Options
from arena_local.testing import LocalCluster

DELAYS = {"appwrapper.start": 0.3, "appwrapper.create": 0.1, "job.backoff": 0.2}


@pytest.fixture(scope="session")
def mpi_cluster() -> Iterator[LocalCluster]:
    """A cluster of one node with 4 pretended GPUs, of which a queue has 2."""
    with LocalCluster.start(Options(resources={"nvidia.com/gpu": "4"}, quota={"nvidia.com/gpu": "2"}, delays=DELAYS)) as cluster:
        yield cluster


@pytest.fixture
def arena(mpi_cluster: LocalCluster) -> Iterator[ArenaClient]:
    """The library, in a namespace of the test's own."""
    with ArenaClient(kubeconfig=str(mpi_cluster.kubeconfig), namespace=mpi_cluster.namespace("mpi")) as client:
        yield client


@pytest.fixture
def mpirun() -> str:
    """The path of a real mpirun. CI says that there must be one; elsewhere its absence is told."""
    found = shutil.which("mpirun")
    if found is None:
        assert not os.environ.get("ARENA_TEST_NEEDS_MPIRUN"), "mpirun is missing: install Open MPI (Debian, Ubuntu: openmpi-bin)"
        pytest.skip("mpirun is not installed: its real use is not tested here (Debian, Ubuntu: openmpi-bin)")
    return found
