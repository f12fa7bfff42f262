"""What a new cluster serves can be made ahead, in memory, by the process that forks the daemons of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena_local.context import Options
from arena_local.daemon import served
from arena_local.daemon.served import Served, packed_store


@pytest.fixture(scope="module")
def ahead() -> Served:
    made = Served.ahead()
    assert made is not None
    return made


def test_it_is_for_clusters_that_would_serve_the_same(ahead: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ahead.is_for(Options()) and ahead.is_for(Options(nodes=3, resources={"nvidia.com/gpu": "8"}, quota={"cpu": "1"}))
    assert not ahead.is_for(Options(operators=False))
    monkeypatch.setenv("ARENA_BLOCK_PLUGINS", "volcanojob")
    assert not ahead.is_for(Options()), "its kinds are not to be served"


def test_what_breaks_is_told_by_each_daemon_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(offer: object) -> object:
        raise ValueError("cut off")

    monkeypatch.setattr(served, "load", load)
    assert Served.ahead() is None


def test_what_was_made_in_memory_is_on_disk_with_what_comes_later(ahead: Served, tmp_path: Path) -> None:
    ahead.settle(tmp_path / "state.db", options := Options(nodes=2))
    assert ahead.api.options is options
    ahead.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "later"}}, manager="t")
    ahead.store.close()
    again = packed_store(tmp_path / "state.db")
    assert again.revision == ahead.store.revision > 50
    assert set(again.resources()) == set(ahead.store.resources()) >= {"customresourcedefinitions.apiextensions.k8s.io", "namespaces"}
    for kind in again.resources():
        assert [(e.key, e.rev, e.obj) for e in again.entries(kind)] == [(e.key, e.rev, e.obj) for e in ahead.store.entries(kind)]
    again.close()
