"""`wait` and `delete` keep their time limits whatever the server does, and ask a broken one no more than needed (A3, A8, S9)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError, TimedOut
from tests.faults import faults
from tests.faults.proxy import FaultProxy

SLEEP = "trap exit TERM; sleep 600 & wait"


@pytest.fixture
def job(direct: Any) -> Any:
    direct.submit("dummy", {"name": "j", "image": "x", "command": SLEEP})
    direct.wait("j", "running", timeout=60)
    return direct.get("j")


@pytest.mark.parametrize("position", range(5))
def test_wait_ends_in_time_though_the_server_is_silent(arena: Any, job: Any, proxy: FaultProxy, position: int) -> None:
    # S9: at each request of the wait
    proxy.add(faults.silent(), skip=position)
    start = time.monotonic()
    with pytest.raises(TimedOut):
        arena.wait("j", job_type="dummy", timeout=1.5)
    assert 1.2 < time.monotonic() - start < 4


@pytest.mark.parametrize("position", range(3))
def test_delete_ends_in_time_though_the_server_is_silent(arena: Any, job: Any, proxy: FaultProxy, position: int) -> None:
    # S9, S8: at the reading, at the deletion, at what is waited for after it
    proxy.add(faults.silent(), skip=position)
    start = time.monotonic()
    (result,) = arena.delete("j", job_type="dummy", wait=True, timeout=1.5)
    assert time.monotonic() - start < 5
    assert isinstance(result.error, TimedOut)
    if position == 2:
        assert result.error.message.startswith("j is being deleted but is still there")


@pytest.mark.parametrize("fault", [faults.empty(), faults.answer(410, reason="Expired"), faults.answer(503)], ids=["empty", "gone", "503"])
def test_a_watch_that_brings_nothing_is_not_opened_over_and_over(arena: Any, job: Any, proxy: FaultProxy, fault: Any) -> None:
    # A3
    proxy.add(fault, query="watch=true")
    start = time.monotonic()
    with pytest.raises(TimedOut):
        arena.wait("j", job_type="dummy", timeout=3)
    assert time.monotonic() - start < 6
    assert len(proxy.requests) < 40, [str(r) for r in proxy.requests]


def test_what_kueue_does_not_tell_stops_no_command(arena: Any, proxy: FaultProxy, direct: Any) -> None:
    # A8
    direct.submit("pytorchjob", {"name": "q", "image": "x", "command": SLEEP, "labels": {"kueue.x-k8s.io/queue-name": "q"}})
    proxy.add(faults.answer(500), path="/apis/kueue")
    job = arena.get("q")
    assert "workloads.kueue.x-k8s.io (the API answers 500)" in job.unread
    assert arena.list().jobs[0].name == "q"
    direct.delete("q", wait=True)


def test_a_job_type_whose_api_is_broken_is_named_and_the_others_are_listed(arena: Any, job: Any, proxy: FaultProxy) -> None:
    # A8
    proxy.add(faults.answer(500), path="/tfjobs")
    found = arena.list()
    assert [j.name for j in found.jobs] == ["j"]
    assert found.notes == ("not shown, the API answers 500: tfjobs.kubeflow.org",)
    assert arena.get("j").name == "j"
    with pytest.raises(ArenaError, match="500"):
        arena.get("missing")
