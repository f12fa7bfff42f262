"""Wait for several jobs at once, for all or for any of them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from arena_core.contract.errors import ArenaError, Cancelled
from arena_core.kube.scope import CancelScope
from arena_core.usecases.views import Job


class Outcome(NamedTuple):
    """How waiting for one of the jobs (its place among them) ended: ``error`` is None where the goal was reached."""

    place: int
    job: Job | None
    error: ArenaError | None


#: Waits for one job until the goal, or until the scope ends.
Wait = Callable[[CancelScope], Job | None]


def wait_many(waits: Sequence[Wait], *, any_of_them: bool, on_end: Callable[[Outcome], None]) -> list[Outcome]:
    """Wait side by side; ``on_end`` is told of each as it ends. With ``any_of_them`` the first that is there ends the waiting."""
    scopes = [CancelScope() for _ in waits]
    ended: queue.SimpleQueue[Outcome | BaseException] = queue.SimpleQueue()

    def one(place: int, wait: Wait) -> None:
        try:
            ended.put(Outcome(place, wait(scopes[place]), None))
        except ArenaError as error:
            ended.put(Outcome(place, None, error))
        except BaseException as error:
            ended.put(error)

    threads = [threading.Thread(target=one, args=pair, name="arena-wait", daemon=True) for pair in enumerate(waits)]
    for thread in threads:
        thread.start()
    found: list[Outcome] = []
    try:
        while len(found) < len(threads):
            outcome = ended.get()
            if isinstance(outcome, BaseException):
                raise outcome
            if isinstance(outcome.error, Cancelled):
                raise outcome.error
            found.append(outcome)
            on_end(outcome)
            if any_of_them and outcome.error is None:
                break
    finally:
        for scope in scopes:
            scope.cancel()
    return found
