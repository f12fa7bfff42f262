"""`list -w` over the local cluster: every change is seen soon, and what is shown is what `list` shows."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from arena_core.client import AsyncArenaClient
from arena_core.usecases.podmap import PodMap


class Watcher:
    """Collects the changes of a live list in a thread."""

    def __init__(self, arena: Any, **options: Any) -> None:
        self.changes: list[Any] = []
        self._iterator = arena.watch_list(**options)
        self._arena = arena
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        from arena_core.contract.errors import Cancelled

        try:
            for change in self._iterator:
                self.changes.append(change)
        except Cancelled:
            pass

    def until(self, good: Any, seconds: float = 30) -> Any:
        end = time.monotonic() + seconds
        while True:
            if self.changes and good(self.changes[-1]):
                return self.changes[-1]
            assert time.monotonic() < end, self.changes[-1:]
            time.sleep(0.005)


def phases(change: Any) -> dict[str, str]:
    return {job.name: str(job.status.phase) for job in change.jobs}


def test_every_change_is_seen_and_the_list_stays_that_of_list(arena: Any, make: Any) -> None:
    arena.direct.submit("pytorchjob", make("old", "true"))
    watcher = Watcher(arena.direct)
    watcher.until(lambda c: "old" in phases(c))
    arena.direct.submit("pytorchjob", make("new", "sleep 300", workers=2))
    sent = time.monotonic()
    watcher.until(lambda c: "new" in phases(c))
    assert time.monotonic() - sent < 5, "a fifth of a second, and what a loaded machine adds"
    watcher.until(lambda c: phases(c) == {"old": "SUCCEEDED", "new": "RUNNING"})
    listed = {job.name: (job.status.phase, len(job.status.instances), job.allocated_gpus) for job in arena.direct.list().jobs}
    shown = watcher.until(lambda c: len(next(j for j in c.jobs if j.name == "new").status.instances) == 2)
    assert {j.name: (j.status.phase, len(j.status.instances), j.allocated_gpus) for j in shown.jobs} == listed
    assert [j.name for j in shown.jobs] == [j.name for j in arena.direct.list().jobs], "in the same order"
    assert any("new" in [j.name for j in c.changed] for c in watcher.changes)
    arena.direct.delete("old")
    watcher.until(lambda c: set(phases(c)) == {"new"})
    assert any([j.name for j in c.gone] == ["old"] for c in watcher.changes)
    arena.direct.close()


def test_a_wrapped_job_is_shown_once_under_its_wrapper(arena: Any, make: Any) -> None:
    watcher = Watcher(arena.direct)
    arena.direct.submit("appwrapperjob", make("wrapped", "sleep 300"))
    change = watcher.until(lambda c: phases(c).get("wrapped") == "RUNNING")
    assert [(j.name, j.job_type) for j in change.jobs] == [("wrapped", "appwrapperjob")]
    arena.direct.close()


def test_reading_is_one_list_and_one_watch_of_each_kind(arena: Any, make: Any) -> None:
    arena.direct.submit("pytorchjob", make("one", "sleep 300"))
    arena.calls()
    watcher = Watcher(arena, job_type="pytorchjob")
    watcher.until(lambda c: phases(c).get("one") == "RUNNING")
    time.sleep(0.5)
    calls = arena.calls()
    assert sum("pytorchjobs" in call for call in calls) <= 2 and sum(call.endswith("/pods") for call in calls) <= 2, calls
    arena.close()


def test_own_rights_are_enough_to_watch(arena: Any, make: Any, rights: Any) -> None:
    arena.direct.submit("pytorchjob", make("mine", "sleep 300"))
    arena.gate.allowed = rights(arena.namespace, "pytorchjob")
    watcher = Watcher(arena)
    change = watcher.until(lambda c: phases(c).get("mine") == "RUNNING")
    assert any("no permission" in note for note in change.notes), change.notes
    arena.close()


def test_it_can_be_watched_with_asyncio(arena: Any, make: Any) -> None:
    arena.direct.submit("pytorchjob", make("one", "sleep 300"))

    async def first() -> Any:
        async for change in AsyncArenaClient.of(arena.direct).watch_list():
            if phases(change).get("one") == "RUNNING":
                return change
        return None

    assert asyncio.run(asyncio.wait_for(first(), 60)).jobs[0].name == "one"


def pod(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": name, "namespace": "n", "labels": labels}}


def test_pods_find_their_jobs_in_whatever_order_they_come() -> None:
    pods = PodMap()
    assert set(pods.pod(pod("early", job="a", role="w"))) == set()
    pods.job("a", "n", ["job=a"])
    pods.job("b", "n", ["job=b,role=w"])
    assert [p["metadata"]["name"] for p in pods.of("a")] == ["early"]
    assert set(pods.pod(pod("late", job="b", role="w"))) == {"b"}
    assert set(pods.pod(pod("late", job="a"))) == {"a", "b"}, "a pod whose labels change concerns both"
    assert pods.of("b") == [] and {p["metadata"]["name"] for p in pods.of("a")} == {"early", "late"}
    assert set(pods.pod(pod("late", job="a"), gone=True)) == {"a"}
    pods.no_job("a")
    assert pods.of("a") == [] and set(pods.pod(pod("early", job="a"))) == set()


def test_of_several_selectors_each_finds_its_own_also_a_set_based_one() -> None:
    pods = PodMap()
    pods.job("a", "n", ["cluster=c", "origin=a,role in (submitter,driver)"])
    pods.job("b", "n", ["!origin,cluster"])
    for one in (pod("head", cluster="c", origin="a", role="head"), pod("sub", origin="a", role="submitter"), pod("bare", cluster="d")):
        pods.pod(one)
    assert {p["metadata"]["name"] for p in pods.of("a")} == {"head", "sub"}
    assert {p["metadata"]["name"] for p in pods.of("b")} == {"bare"}
    assert "a" in set(pods.pod(pod("other", cluster="c", origin="x")))


@pytest.mark.parametrize("labels", [{}, {"job": "a"}])
def test_a_job_without_labels_has_no_pods(labels: dict[str, str]) -> None:
    pods = PodMap()
    pods.pod(pod("one", **labels))
    pods.job("x", "n", [])
    assert pods.of("x") == []
