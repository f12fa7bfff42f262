"""Fixtures for the tests of plugins. Imports nothing of the core until a fixture is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from arena_core.registry import Registry


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
