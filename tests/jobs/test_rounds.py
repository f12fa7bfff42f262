"""How often a submission waits for a server that is far away: what is asked side by side counts once."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from arena_core.contract.errors import NotFound
from arena_core.kube.gather import soon
from arena_core.testing.fakeapi import Reply, refusal

#: Seconds without a new request after which all that wait are answered: side by side is what came within it.
PAUSE = 0.35


class Rounds:
    """Lets requests wait until no other comes, and counts how often."""

    def __init__(self, gate: Any) -> None:
        self.count = 0
        self._plain = gate.answer
        self._last = 0.0
        self._changed = threading.Condition()
        gate.answer = self

    def __call__(self, request: Any) -> Any:
        with self._changed:
            mine, self._last = self.count, time.monotonic()
            while self.count == mine and (left := self._last + PAUSE - time.monotonic()) > 0:
                self._changed.wait(left)
            if self.count == mine:
                self.count += 1
                self._changed.notify_all()
        return self._plain(request)


@pytest.mark.parametrize(
    ("job_type", "more"),
    [
        ("pytorchjob", {"workers": 2}),
        ("volcanojob", {}),
        ("job", {}),
        ("rayjob", {}),
        ("appwrapperjob", {}),
        ("mpijob", {"workers": 1}),
        ("deepspeedjob", {"workers": 1}),  # without its operator: the type that takes its place is asked for in the same round
        ("triton-serving", {"model_repository": "/models"}),
    ],
)
def test_a_submission_takes_three_rounds(job_type: str, more: dict[str, Any], arena: Any, make: Any) -> None:
    if job_type not in arena.jobs.names():
        pytest.skip(f"{job_type} is not installed")
    rounds = Rounds(arena.gate)
    arena.submit(job_type, make("far", **more))
    assert rounds.count <= 3, arena.calls()


def spark(arena: Any, make: Any, lacking: str = "") -> Rounds:
    """Submit a SparkApplication to a server that takes it; what is ``lacking`` is not found at the first try."""
    if "sparkjob" not in arena.jobs.names():
        pytest.skip("sparkjob is not installed")
    rounds, tried, adopted = Rounds(arena.gate), set[str](), list[Any]()
    plain = rounds._plain

    def answer(request: Any) -> Any:
        kind = request.path.rpartition("/")[2]
        if kind == "sparkapplications":
            return Reply(201, request.body | {"metadata": request.body["metadata"] | {"uid": "spark-uid", "resourceVersion": "1"}})
        if request.method == "PATCH":
            adopted.append((request.path.split("/")[-2], [ref["uid"] for ref in request.body["metadata"]["ownerReferences"]]))
        if kind == lacking and kind not in tried:
            tried.add(kind)
            return refusal(404, "NotFound", 'roles.rbac.authorization.k8s.io "far-spark" not found')
        return plain(request)

    rounds._plain = answer
    arena.submit("sparkjob", make("far"))
    assert sorted(adopted) == [(kind, ["spark-uid"]) for kind in ("rolebindings", "roles", "serviceaccounts")]
    return rounds


def test_what_stands_before_a_job_takes_one_round_more(arena: Any, make: Any) -> None:
    """The driver's account is there before the job, and owned by it afterwards: its uid is known no earlier."""
    assert spark(arena, make).count <= 4, arena.calls()


def test_a_binding_that_is_refused_without_its_role_is_made_after_it(arena: Any, make: Any) -> None:
    """Who may not bind any role is told 404 where the role is not there yet."""
    assert spark(arena, make, "rolebindings").count <= 5, arena.calls()


def test_what_is_answered_at_once_is_asked_in_turn() -> None:
    threads: list[int] = []
    calls = [lambda n=n: threads.append(threading.get_ident()) or n for n in range(20)]
    assert soon(calls, 30.0) == list(range(20))
    assert set(threads) == {threading.get_ident()}


def test_what_is_not_answered_at_once_is_asked_side_by_side() -> None:
    meeting = threading.Barrier(5)

    def meet() -> bool:
        meeting.wait(30)
        return True

    def fail() -> bool:
        meeting.wait(30)
        raise NotFound("gone")

    assert soon([meet] * 5, 0.01) == [True] * 5
    with pytest.raises(NotFound):
        soon([meet, fail, meet, meet, meet], 0.01)


@pytest.mark.parametrize("failure", [ZeroDivisionError, NotFound])
def test_after_an_error_nothing_more_is_asked(failure: type[Exception]) -> None:
    begun: list[int] = []

    def fail() -> int:
        raise failure("no")

    with pytest.raises(failure):
        soon([lambda: begun.append(1), fail, lambda: begun.append(2)], 30.0)
    assert begun == [1]
