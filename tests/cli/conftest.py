"""``arena`` within the test's own process: exit code, stdout, stderr."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from arena_core.cli.main import main
from arena_core.cli.submit import types


class Done(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty machine: no kubeconfig, no configuration, no terminal."""
    for name in ("KUBECONFIG", "ARENA_CONFIG", "ARENA_BLOCK_PLUGINS", "NO_COLOR", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ARENA_HOME", str(tmp_path / ".arena"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def arena(home, capfd):
    """Run a command line."""

    def run(*words: str) -> Done:
        types.registry.cache_clear()
        capfd.readouterr()
        code = main(words)
        found = capfd.readouterr()
        return Done(code, found.out, found.err)

    return run
