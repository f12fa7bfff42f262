"""How often a submission waits for a server that is far away: what is asked side by side counts once."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from arena_core.contract.errors import NotFound
from arena_core.kube.gather import soon

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
        ("tfjob", {"workers": 2}),
        ("volcanojob", {}),
        ("job", {}),
        ("appwrapperjob", {}),
        ("mpijob", {"workers": 1}),
        ("triton-serving", {"model_repository": "/models"}),
    ],
)
def test_a_submission_takes_three_rounds(job_type: str, more: dict[str, Any], arena: Any, make: Any) -> None:
    if job_type not in arena.jobs.names():
        pytest.skip(f"{job_type} is not installed")
    rounds = Rounds(arena.gate)
    arena.submit(job_type, make("far", **more))
    assert rounds.count <= 3, arena.calls()


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
