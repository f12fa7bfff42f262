"""Fixtures for the tests of plugins and of applications. Imports nothing of the core until a fixture is used."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from arena_core.client import ArenaClient
    from arena_core.registry import Registry


@pytest.fixture(scope="session")
def local_cluster() -> Iterator[Any]:
    """A local cluster with 8 pretended GPUs for the whole session: an ``arena_local.testing.LocalCluster``.

    ``kubeconfig`` is the path of its kubeconfig, ``namespace()`` makes a namespace, ``environment()`` is what a subprocess needs,
    ``advance(seconds)`` moves its clock. It has a state folder and a port of its own, and when the session ends nothing of it is left.
    """
    try:
        local = importlib.import_module("arena_local.testing")
    except ModuleNotFoundError as error:
        raise pytest.UsageError(f"the fixture local_cluster needs the distribution arena-local ({error})") from None
    with local.LocalCluster.start(local.Options(resources={"nvidia.com/gpu": "8"}, movable_clock=True)) as cluster:
        yield cluster


@pytest.fixture
def arena_client(local_cluster: Any, arena_home: Path) -> Iterator[ArenaClient]:
    """Return a client of the local cluster on a namespace of its own."""
    from arena_core.client import ArenaClient

    with ArenaClient(kubeconfig=str(local_cluster.kubeconfig), namespace=local_cluster.namespace()) as client:
        yield client


@pytest.fixture
def arena_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is ``$ARENA_HOME`` for this test."""
    home = tmp_path / "arena-home"
    home.mkdir()
    monkeypatch.setenv("ARENA_HOME", str(home))
    return home


@pytest.fixture
def arena_registry() -> Registry:
    """Return a registry of what is installed, with nothing blocked."""
    from arena_core.registry import Registry

    return Registry(environ={})


@pytest.fixture
def arena_dummy(arena_registry: Registry) -> Registry:
    """Return a registry that also has the reference job type ``dummy``."""
    from arena_core.testing import dummy

    if "dummy" not in arena_registry.names():
        arena_registry.add(dummy)
    return arena_registry
