"""Who has set which field: written anew only where it has changed, and then the same as if it were."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from arena_local.server import managed
from arena_local.server.server import ApiServer
from arena_local.testing import api_server, make_pod

KINDS = ("Initialized", "Ready", "PodScheduled", "Mine")


def condition(chance: random.Random, kind: str) -> dict[str, Any]:
    more = {"message": "x"} if chance.random() < 0.3 else {}
    return {"type": kind, "status": chance.choice(["True", "False"]), **more}


def plain() -> dict[str, Any]:
    return make_pod("default", "p", "true", automountServiceAccountToken=False)


def life(api: ApiServer, seed: int) -> list[Any]:
    """Let several managers write the status and the labels of one pod; returns who had set what after each write."""
    chance, seen = random.Random(seed), []
    pod = api.create(plain(), manager="first")
    for _ in range(30):
        who = chance.choice(["kubelet", "scheduler", "first"])
        new = copy.deepcopy(pod)
        if chance.random() < 0.7:
            kinds = chance.sample(KINDS, chance.randint(0, 4))
            new["status"] = {**(new.get("status") or {}), "conditions": [condition(chance, kind) for kind in kinds]}
            pod = api.update_status(new, manager=who)
        else:
            new["metadata"]["labels"] = {key: chance.choice("xy") for key in chance.sample("abc", chance.randint(0, 3))}
            pod = api.update(new, manager=who)
        entries = copy.deepcopy(pod["metadata"]["managedFields"])
        found = [{key: value for key, value in entry.items() if key != "time"} for entry in entries]
        seen.append(sorted(found, key=lambda entry: (entry["manager"], entry.get("subresource", ""))))  # not by the second of the write
    return seen


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_is_what_would_be_written(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = life(api_server(), seed)
    monkeypatch.setattr(managed, "_reuse", lambda *_: None)
    assert life(api_server(), seed) == quick


def test_a_write_that_changes_values_only_writes_no_set_of_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    api = api_server()
    pod = api.create(plain(), manager="first")
    pod = api.update_status({**pod, "status": {"phase": "Running"}}, manager="kubelet")
    written: list[Any] = []
    monkeypatch.setattr(managed, "write_set", written.append)
    pod = api.update_status({**pod, "status": {"phase": "Failed"}}, manager="kubelet")
    assert pod["status"]["phase"] == "Failed" and not written
    assert [entry["manager"] for entry in pod["metadata"]["managedFields"]] == ["first", "kubelet"]
