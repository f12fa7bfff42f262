"""A fault proxy before the local cluster, and clients through it and past it."""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena_core.client import ArenaClient
from arena_core.registry import Registry
from arena_core.testing import dummy
from arena_local.testing import LocalCluster
from tests.faults import faults
from tests.faults.harness import Shell
from tests.faults.proxy import FaultProxy

_numbers = itertools.count()


@pytest.fixture
def proxy(local_cluster: LocalCluster) -> Iterator[FaultProxy]:
    """A proxy before the local cluster, without a fault so far."""
    with FaultProxy(local_cluster.server) as made:
        yield made


@pytest.fixture
def namespace(local_cluster: LocalCluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the test's own."""
    name = "f-" + re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:30].strip("-") + f"-{os.getpid()}-{next(_numbers)}"
    local_cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    local_cluster.request("DELETE", f"/api/v1/namespaces/{name}")


def _registry() -> Registry:
    found = Registry()
    if "dummy" not in found.names():
        found.add(dummy)
    return found


@pytest.fixture
def arena(proxy: FaultProxy, namespace: str, arena_home: Path) -> Iterator[ArenaClient]:
    """A client whose requests go through the proxy."""
    client = ArenaClient(kubeconfig=str(proxy.kubeconfig(arena_home, namespace=namespace)), jobs=_registry())
    yield client
    client.close()


@pytest.fixture
def direct(local_cluster: LocalCluster, namespace: str, arena_home: Path) -> Iterator[ArenaClient]:
    """A client in the same namespace that goes past the proxy."""
    client = ArenaClient(kubeconfig=str(local_cluster.kubeconfig), namespace=namespace, jobs=_registry())
    yield client
    client.close()


@pytest.fixture
def shell(
    proxy: FaultProxy,
    namespace: str,
    arena_home: Path,
    local_cluster: LocalCluster,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Shell:
    """Command lines in the test's namespace. Pauses between tries are cut to a tenth: it is their end that is judged."""
    really = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: really(seconds / 10))
    monkeypatch.setattr(faults, "LATE", 0.2)
    monkeypatch.chdir(tmp_path)
    direct = proxy.kubeconfig(arena_home, namespace=namespace, context="direct")
    direct.write_text(direct.read_text().replace(proxy.url, local_cluster.server))
    return Shell(proxy, capfd, str(proxy.kubeconfig(arena_home, namespace=namespace)), str(direct))
