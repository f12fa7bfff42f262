"""Sixty installed job types cost a handful of requests, and those that remain go side by side (A14)."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from arena_core.contract.errors import NotFound
from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Resource
from arena_core.testing import dummy

MANY = 60


def _type(number: int, resource: Resource) -> ModuleType:
    module = ModuleType(f"type_{number}")
    module.ARENA_CONTRACT = 2  # type: ignore[attr-defined]

    @hookimpl
    def arena_job_type() -> Any:
        return replace(dummy.arena_job_type(), name=f"type{number}", resource=resource, display="", shorthand="")

    for hook in (arena_job_type, dummy.arena_build_manifests, dummy.arena_job_status, dummy.arena_pod_sets):
        setattr(module, hook.__name__, hook)
    return module


@pytest.fixture
def many(arena: Any) -> Any:
    for number in range(MANY):
        arena.jobs.add(_type(number, Resource(f"g{number}.example.com", "v1", "Thing", "things")))
    return arena


def test_kinds_that_are_not_served_are_not_asked_for_one_by_one(many: Any, make: Any) -> None:
    many.submit("dummy", make("one", "sleep 30"))
    many.calls()
    served = len([n for n in many.jobs.names() if not n.startswith("type")])
    assert [j.name for j in many.list().jobs] == ["one"]
    assert len(many.calls()) <= served + 2, "discovery, the kinds that are served, pods"
    assert many.get("one").name == "one"
    assert len(many.calls()) <= served + 3, "what is served is asked once"
    with pytest.raises(NotFound):
        many.get("missing")
    (result,) = many.delete("missing")
    assert isinstance(result.error, NotFound)
    assert len(many.calls()) <= 2 * served + 2


def test_what_a_list_does_for_each_type_does_not_grow_with_their_number(many: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which types share a kind was worked out for each type anew: 60 types, 3,600 times. Issue 11."""
    many.submit("dummy", make("one", "sleep 30"))
    real, got, gone_through = many.jobs.get, [], []
    monkeypatch.setattr(many.jobs, "get", lambda name: (got.append(name), real(name))[1])
    assert [j.name for j in many.list().jobs] == ["one"]
    assert len(got) <= 3 * len(many.jobs.names())
    each = many.jobs.each
    monkeypatch.setattr(many.jobs, "each", lambda: (gone_through.append(1), each())[1])
    for name in ("a", "b", "c"):
        assert (
            many.jobs.for_object({"apiVersion": "g7.example.com/v1", "kind": "Thing", "metadata": {"name": name}}).job_type.name == "type7"
        )
    assert len(gone_through) <= 1, "the types of a kind are found once"
    many.jobs.add(_type(MANY, Resource("late.example.com", "v1", "Late", "lates")))
    assert many.jobs.for_object({"apiVersion": "late.example.com/v1", "kind": "Late"}).job_type.name == f"type{MANY}"


@pytest.fixture
def served(arena: Any) -> Any:
    """Twelve more kinds that the cluster serves, with a job type for each."""
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    made = []
    for number in range(12):
        group = f"many{number}-{os.getpid()}.example.com"
        names = {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"}
        version = {"name": "v1", "served": True, "storage": True, "schema": schema}
        crd = {
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"things.{group}"},
            "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
        }  # fmt: skip
        answer = arena.direct.cluster.request("POST", crds, None, crd)
        assert answer.ok, answer.body
        made.append(f"{crds}/things.{group}")
        arena.jobs.add(_type(number, Resource(group, "v1", "Thing", "things")))
    yield arena
    for path in made:
        arena.direct.cluster.request("DELETE", path)


def test_what_is_served_is_asked_side_by_side(served: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    served.list()
    now, most, lock = 0, 0, threading.Lock()

    def slowly(method: str, path: str) -> bool:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.1)
        with lock:
            now -= 1
        return False

    monkeypatch.setattr(served.gate, "lose_answer", slowly)
    served.calls()
    with pytest.raises(NotFound):
        served.get("missing")
    assert len([c for c in served.calls() if c.endswith("/missing")]) >= 12
    assert most >= 4, "they are under way at the same time"
