"""Many threads, one queue: everything is told, a failure as an event, and nothing after the end."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError, PermissionDenied
from arena_core.contract.types import Resource
from arena_core.kube.resources import ListResult
from arena_core.usecases.multiplexer import Changed, Ended, Failed, Listed, Multiplexer, Plain, Woken

PODS = Resource("", "v1", "Pod", "pods")


class Scope:
    wake: Any = None

    def hold(self, wake: Any) -> Any:
        self.wake = wake
        return lambda: setattr(self, "wake", None)

    def check(self) -> None:
        """Nothing is cancelled."""


class Cluster:
    """A cluster of scripted watches: a list of events, or an error."""

    def __init__(self, script: Any) -> None:
        self.scope = Scope()
        self.script = script
        self.asked: dict[str, Any] = {}

    def watch(self, resource: Resource, namespace: str, **options: Any) -> Any:
        self.asked = options
        for event in self.script:
            if isinstance(event, Exception):
                raise event
            yield event


class Session:
    def __init__(self, script: Any) -> None:
        self.cluster = Cluster(script)


def drained(mux: Multiplexer, count: int) -> list[Any]:
    return [mux.line.get(5) for _ in range(count)]


def made(script: Any) -> tuple[Multiplexer, Cluster]:
    session: Any = Session(script)
    return Multiplexer(session, "ns", Plain()), session.cluster


def test_a_watch_is_told_in_order_and_its_end() -> None:
    mux, _ = made([("ADDED", {"a": 1}), ("DELETED", {"a": 1})])
    mux.watch("pod", PODS)
    assert drained(mux, 3) == [Changed("pod", "ADDED", {"a": 1}), Changed("pod", "DELETED", {"a": 1}), Ended("pod")]
    assert mux.line.get(0.01) is None


def test_what_was_listed_comes_before_what_changes() -> None:
    mux, cluster = made([("MODIFIED", {"a": 2})])
    mux.list_and_watch("pod", PODS, lambda: ListResult([{"a": 1}], "7"), lambda found: [{"label_selector": "x=y", "known": found.items}])
    assert drained(mux, 3) == [Listed("pod", [{"a": 1}], False), Changed("pod", "MODIFIED", {"a": 2}), Ended("pod")]
    assert (cluster.asked["resource_version"], cluster.asked["known"], cluster.asked["label_selector"]) == ("7", [{"a": 1}], "x=y")
    mux.list_again("pod", lambda: ListResult([], "8"))
    assert mux.line.get(5) == Listed("pod", [], True)


@pytest.mark.parametrize("error", [PermissionDenied("no"), RuntimeError("a bug")])
def test_a_failure_is_an_event(error: Exception) -> None:
    mux, _ = made([("ADDED", {}), error])
    mux.watch("job", PODS)
    assert drained(mux, 3) == [Changed("job", "ADDED", {}), Failed("job", error), Ended("job")]


def test_who_is_cancelled_is_woken_and_after_the_end_nobody_is() -> None:
    mux, cluster = made([])
    cluster.scope.wake()
    assert mux.line.get(5) == Woken()
    mux.close()
    assert cluster.scope.wake is None


def test_after_the_end_no_failure_is_told() -> None:
    mux, _ = made([])
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(5)
        raise ArenaError("the connection was closed")

    mux.run("log", work)
    begun.wait(5)
    mux.close()
    go_on.set()
    assert mux.line.get(5) == Ended("log")


def test_batches_end_with_the_last_watch_and_tell_what_one_can_do_without() -> None:
    mux, _ = made([("ADDED", {"a": 1}), PermissionDenied("no")])
    mux.watch("pod", PODS)
    found = [event for batch in mux.batches(must="job") for event in batch]
    assert found[0] == Changed("pod", "ADDED", {"a": 1})
    assert isinstance(found[1], Failed) and found[1].source == "pod" and len(found) == 2


@pytest.mark.parametrize("error", [PermissionDenied("no"), RuntimeError("a bug")])
def test_a_failure_of_the_watch_that_must_be_is_raised(error: Exception) -> None:
    mux, _ = made([error])
    mux.watch("job", PODS)
    with pytest.raises(type(error)):
        list(mux.batches(must="job"))


def test_a_tick_without_an_event_is_an_empty_batch() -> None:
    mux, _ = made([])
    hold = threading.Event()
    mux.run("log", lambda: hold.wait(5) and None)
    batches = mux.batches(tick=0.01)
    assert next(batches) == []
    hold.set()
    assert [batch for batch in batches if batch] == []
