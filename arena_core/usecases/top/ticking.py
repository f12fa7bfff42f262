"""What is measured, asked for now and then in a thread of its own: a slow Prometheus must not hold up the changes that are watched."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from arena_core.typed import Generic, TypeVar

T = TypeVar("T")
S = TypeVar("S")

#: Seconds between two questions: what is measured does not change faster.
EVERY = 2.0
#: So many times as long as the answer took is waited before the next question: large clusters are not asked without a pause.
PAUSE = 3.0


class Ticking(Generic[S, T]):
    """Asks ``ask`` for what is measured of something: the first time at once, later beside whoever reads ``latest``."""

    def __init__(self, ask: Callable[[S], T], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._known: list[T] = []
        self._failed: list[Exception] = []
        self._thread: threading.Thread | None = None
        self._due = 0.0

    def latest(self, subject: S) -> T:
        """Return the newest answer, and ask again if that is due; raises what an earlier question has failed with."""
        if self._failed:
            raise self._failed.pop()
        if not self._known:
            self._once(subject)
            if self._failed:
                raise self._failed.pop()
        elif self._clock() >= self._due and not (self._thread and self._thread.is_alive()):
            self._thread = threading.Thread(target=self._once, args=(subject,), name="arena-measures", daemon=True)
            self._thread.start()
        return self._known[-1]

    def _once(self, subject: S) -> None:
        began = self._clock()
        try:
            self._known[:] = [self._ask(subject)]
        except Exception as error:  # handed to the thread that reads
            self._failed.append(error)
        now = self._clock()
        self._due = now + max(EVERY, PAUSE * (now - began))
