"""`top -w`: one list and one watch of each kind, figures asked for once a tick, and only what has changed is put together anew."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from arena_core.contract.errors import Cancelled
from arena_core.testing.fakeapi import FakeApi, Reply
from arena_core.usecases.top import ticking
from arena_core.usecases.top.gpus import Gpu
from arena_core.usecases.top.held import Held, NodeMeasures
from arena_core.usecases.top.measures import Used
from arena_core.usecases.top.ticking import Ticking


def pod(name: str, node: str = "", gpus: int = 0, phase: str = "Running", owner: str = "") -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": "n", "uid": f"uid-{name}"}
    if owner:
        metadata["ownerReferences"] = [{"kind": "ReplicaSet", "name": owner, "uid": owner, "controller": True}]
    resources = {"limits": {"nvidia.com/gpu": str(gpus)}} if gpus else {}
    spec = {"containers": [{"name": "c", "resources": resources}], **({"nodeName": node} if node else {})}
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase}}


def node(name: str, gpus: int) -> dict[str, Any]:
    sizes = {"cpu": "8", "memory": "1Gi", "nvidia.com/gpu": str(gpus)}
    return {"metadata": {"name": name, "uid": name}, "status": {"capacity": sizes, "allocatable": sizes}}


def allocated(held: Held) -> dict[str, float]:
    return {one.name: sum(device.allocated for device in one.devices) for one in held.nodes()}


def test_what_nodes_hold_follows_pods_that_come_move_end_and_go() -> None:
    held = Held()
    held.node(node("a", 8))
    held.node(node("b", 4))
    held.pod(pod("one", "a", 2))
    held.pod(pod("two", "", 3))
    assert allocated(held) == {"a": 2, "b": 0} and [h.name for h in held.waiting()] == ["two"]
    held.pod(pod("two", "b", 3))
    assert allocated(held) == {"a": 2, "b": 3} and not held.waiting()
    held.pod(pod("one", "a", 2, phase="Succeeded"))
    held.pod(pod("two", "b", 3), gone=True)
    assert allocated(held) == {"a": 0, "b": 0}
    held.node(node("b", 4), gone=True)
    assert allocated(held) == {"a": 0}


def test_only_the_nodes_that_something_happened_to_are_counted_anew() -> None:
    held = Held()
    for name in "abc":
        held.node(node(name, 8))
    held.pod(pod("one", "a", 2))
    before = {one.name: one for one in held.nodes()}
    held.pod(pod("more", "b", 1))
    after = {one.name: one for one in held.nodes()}
    assert after["a"] is before["a"] and after["c"] is before["c"] and after["b"] is not before["b"]
    measures = NodeMeasures({"a": Used(1000, 5)}, [Gpu("0", pod="one", namespace="n", duty=50.0)])
    held.measure(measures)
    measured = {one.name: one for one in held.nodes()}
    assert measured["a"].cpu.used == 1000 and measured["b"].cpu.used is None and [g.duty for g in measured["a"].gpus] == [50.0]
    held.measure(measures)
    assert all(one is measured[one.name] for one in held.nodes()), "the same measures once more are no news"


class FakeJob:
    def __init__(self, name: str, *pods: dict[str, Any]) -> None:
        self.name, self.job_type, self.pods = name, "pytorchjob", pods


def test_the_owner_is_the_job_whichever_is_told_first() -> None:
    first, second = pod("one", "a", 1, owner="rs"), pod("two", "a", 1, owner="rs")
    held = Held()
    held.node(node("a", 8))
    held.pod(first)
    assert [h.owner for h in held.nodes()[0].holders] == ["replicaset/rs"]
    held.jobs([FakeJob("mnist", first, second)])  # type: ignore[list-item]
    held.pod(second)
    assert {h.name: h.owner for h in held.nodes()[0].holders} == {"one": "pytorchjob/mnist", "two": "pytorchjob/mnist"}
    before = held.nodes()[0]
    held.jobs([FakeJob("mnist", first, second)])  # type: ignore[list-item]
    assert held.nodes()[0] is before


def test_nodes_that_cannot_be_read_are_known_by_their_pods() -> None:
    held = Held(readable=False)
    held.pod(pod("one", "a", 2))
    assert [(one.name, one.known, one.devices[0].total) for one in held.nodes()] == [("a", False, None)]
    held.pod(pod("one", "a", 2), gone=True)
    assert held.nodes() == ()


def test_figures_are_asked_for_when_due_and_never_hold_up_who_reads() -> None:
    now, asked, slow = [0.0], [], threading.Event()

    def ask(what: str) -> str:
        asked.append(what)
        if what == "slow":
            slow.wait(20)
        return f"of {what}"

    figures: Ticking[str, str] = Ticking(ask, clock=lambda: now[0])
    assert figures.latest("a") == "of a" and figures.latest("b") == "of a" and asked == ["a"]
    now[0] = ticking.EVERY
    began = time.monotonic()
    assert figures.latest("slow") == "of a" and figures.latest("x") == "of a", "what is known is told while it asks"
    assert time.monotonic() - began < 10 and asked == ["a", "slow"], "no second question beside the first"
    now[0] += 100
    slow.set()
    until(lambda: figures.latest("never") == "of slow")
    assert asked == ["a", "slow"], "after a slow answer there is a pause"


def test_a_failure_of_figures_that_is_not_theirs_alone_is_raised() -> None:
    def ask(what: str) -> str:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        Ticking(ask).latest("a")


def until(check: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end
        time.sleep(0.01)


class Boards:
    """Collects the boards of a live view in a thread."""

    def __init__(self, boards: Any) -> None:
        self.seen: list[Any] = []
        threading.Thread(target=self._run, args=(boards,), daemon=True).start()

    def _run(self, boards: Any) -> None:
        try:
            for one in boards:
                self.seen.append(one)
        except Cancelled:
            pass

    def until(self, good: Any) -> Any:
        until(lambda: self.seen and good(self.seen[-1]))
        return self.seen[-1]


def counted(calls: list[str]) -> dict[str, int]:
    """Count reads by the last part of their path; figures apart from the objects that they measure."""
    found: dict[str, int] = {}
    for call in calls:
        key = ("metrics " if "metrics.k8s.io" in call else "") + call.rpartition("/")[2]
        found[key] = found.get(key, 0) + 1
    return found


def test_boards_are_those_of_top_and_read_everything_once(arena: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticking, "EVERY", 600.0)
    arena.direct.submit("pytorchjob", make("one", "sleep 300"))
    arena.direct.wait("one", "running", timeout=60)
    arena.calls()
    prometheus = FakeApi(lambda request: Reply(200, {"status": "success", "data": {"resultType": "vector", "result": []}}))
    prometheus.start()
    where = {"prometheus": f"http://127.0.0.1:{prometheus.port}"}
    jobs, nodes = Boards(arena.watch_top_jobs(**where)), Boards(arena.watch_top_nodes(**where))
    jobs.until(lambda b: [use.job.name for use in b.jobs] == ["one"])
    nodes.until(lambda b: "pytorchjob/one" in {h.owner for n in b.nodes for h in n.holders})
    for name in ("two", "three", "four"):
        arena.direct.submit("pytorchjob", make(name, "sleep 300"))
        arena.direct.wait(name, "running", timeout=60)
    arena.direct.delete("two", wait="pods", timeout=60)
    names = {"one", "three", "four"}
    shown = jobs.until(lambda b: {use.job.name for use in b.jobs} == names and all(u.job.status.instances for u in b.jobs))
    ours = {"one", "two", "three", "four"}
    nodes.until(lambda b: {h.owner.rpartition("/")[2] for n in b.nodes for h in n.holders} & ours == names)
    assert {u.job.name: u.job.status.phase for u in shown.jobs} == {j.name: j.status.phase for j in arena.direct.list().jobs}
    asked, deadline = arena.calls(), time.monotonic() + 20
    # On a busy machine the view of the nodes has shown everything before its watch is asked for.
    while counted(asked).get("pytorchjobs", 0) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
        asked += arena.calls()
    calls = counted(asked)
    arena.close()
    assert calls["pytorchjobs"] == 4, f"a list and a watch for each of two views: {calls}"
    assert calls["pods"] <= 5, f"the same, and one look at who may read what: {calls}"
    assert calls["nodes"] <= 3 and calls["metrics nodes"] == 1 and calls["metrics pods"] == 1, calls
    prometheus.close()


def test_own_rights_are_enough_to_watch_both(arena: Any, make: Any, rights: Any) -> None:
    arena.direct.submit("pytorchjob", make("mine", "sleep 300", gpus=1))
    arena.direct.wait("mine", "running", timeout=60)
    arena.gate.allowed = rights(arena.namespace, "pytorchjob")
    jobs, nodes = Boards(arena.watch_top_jobs()), Boards(arena.watch_top_nodes())
    assert any("metrics.k8s.io (forbidden)" in note for note in jobs.until(lambda b: b.jobs and b.jobs[0].instances).notes)
    held = nodes.until(lambda b: b.nodes and b.nodes[0].devices)
    assert not held.everywhere and [(d.allocated, d.total) for d in held.nodes[0].devices] == [(1, None)]
    assert "pytorchjob/mine" in {h.owner for h in held.nodes[0].holders} and any("only pods of namespace" in n for n in held.notes)
    assert held.notes[1:] and [use.job.name for use in jobs.seen[-1].jobs] == ["mine"]
    arena.close()
