"""A local cluster for all tests of servers, and the library in a namespace of each test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from arena_core.client import ArenaClient
from arena_local.context import Options
from arena_local.testing import LocalCluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster.start(Options()) as found:
        yield found


@pytest.fixture
def arena(cluster: LocalCluster) -> Iterator[ArenaClient]:
    with ArenaClient(kubeconfig=str(cluster.kubeconfig), namespace=cluster.namespace()) as found:
        yield found
