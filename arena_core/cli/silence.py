"""``--inactive 10m``: whoever waits for a job is told when it has written nothing for so long."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from arena_core.cli.foreign import plain
from arena_core.cli.terminal import note
from arena_core.client import ArenaClient
from arena_core.contract.errors import ArenaError
from arena_core.k8s import duration
from arena_core.kube.scope import CancelScope
from arena_core.usecases.views import LogLine

#: Seconds between two looks at the log of a job that is waited for: at least, and at most.
_OFTEN, _SELDOM = 1.0, 30.0


class Silence:
    """Tells of a silence, once each time; ``last`` says when something was written last (``time.monotonic``), None for not yet."""

    def __init__(self, name: str, limit: float, last: Callable[[], float | None]) -> None:
        self._name = name
        self._limit = limit
        self._last = last
        self._told = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="arena-silence", daemon=True)

    def __enter__(self) -> Silence:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(min(_SELDOM, max(_OFTEN, self._limit / 5))):
            last = self._last()
            silent = 0.0 if last is None else time.monotonic() - last
            if silent < self._limit:
                self._told = False
            elif not self._told and not self._over.is_set():
                self._told = True
                name = plain(self._name)
                note(f"warning: {name} has written nothing for {duration.human(silent)}; `arena get {name}` shows its instances")


@contextlib.contextmanager
def heard(name: str, limit: float, lines: Iterable[LogLine]) -> Iterator[Iterator[LogLine]]:
    """Pass the lines of a log that is followed on, and tell of silences between them."""
    last: list[float] = []

    def passed() -> Iterator[LogLine]:
        for line in lines:
            last[:] = [time.monotonic()]
            yield line

    with Silence(name, limit, lambda: last[0] if last else None):
        yield passed()


@contextlib.contextmanager
def looked_at(client: ArenaClient, name: str, job_type: str, limit: float) -> Iterator[None]:
    """Look at the end of the chief's log now and then while a job is waited for, and tell of silences."""
    scope = CancelScope()
    reader = client.within(scope)

    def last() -> float | None:
        try:
            lines = list(reader.logs(name, job_type=job_type, tail=1))
        except ArenaError:
            return None  # it has not started, has ended, or cannot be read: then it is not said to be silent
        written = lines[-1].time if lines else None
        return None if written is None else time.monotonic() - (datetime.now(UTC) - written).total_seconds()

    try:
        with Silence(name, limit, last):
            yield
    finally:
        scope.cancel()
