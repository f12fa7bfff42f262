"""``arena`` within the test's own process: exit code, stdout, stderr."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from arena_core.cli.main import main
from arena_core.testing import fakeapi
from arena_core.testing.fakeapi import FakeApi
from arena_core.testing.fakeobjects import FakeObjects
from arena_local.daemon import control
from arena_local.daemon.found import announced
from arena_local.daemon.state import State
from tests import planted


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
    yield tmp_path
    left = announced(str(tmp_path / ".arena/local/daemon.json"))
    if left is not None and left.alive:
        control.stop(State(tmp_path / ".arena/local"))
        pytest.fail("a local cluster was started, and nobody has ended it")


@pytest.fixture
def arena(home, capfd):
    """Run a command line."""
    return lambda *words: typed(words, capfd)


def typed(words: Sequence[str], capfd: pytest.CaptureFixture[str]) -> Done:
    """Run a command line in this process."""
    capfd.readouterr()
    code = main(words)
    found = capfd.readouterr()
    if "kubeconfig" not in words:  # `arena local kubeconfig` is asked for the secret
        planted.clean(found.out + found.err, words)
    return Done(code, found.out, found.err)


@pytest.fixture
def cluster(local_cluster):
    """The local cluster that all share; a file that needs one with other options overrides this with its own."""
    return local_cluster


@pytest.fixture
def api(home, monkeypatch):
    """A fake API server, with a kubeconfig for it in place."""
    objects = Api()
    with FakeApi(objects.answer) as server:
        objects.url, objects.seen = server.url, server.requests
        monkeypatch.setenv("KUBECONFIG", kubeconfig(home / "kubeconfig", server.url))
        yield objects


@pytest.fixture
def write_kubeconfig():
    return kubeconfig


class Api(FakeObjects):
    """A store of objects with what was asked of it: ``requests`` as text, ``seen`` to clear them."""

    @property
    def requests(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.seen]


def kubeconfig(path, url, namespace="default"):
    return fakeapi.write_kubeconfig(path, url, namespace=namespace, token=planted.TOKEN)
