"""``--inactive 10m``: whoever waits for a job is told when it has written nothing for so long, and may have it stopped."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from arena_core.cli.command import Context
from arena_core.cli.flags import Parsed
from arena_core.cli.foreign import one_line, plain
from arena_core.cli.run import within
from arena_core.cli.terminal import note
from arena_core.client import ArenaClient
from arena_core.contract.errors import ArenaError, Cancelled, TimedOut
from arena_core.contract.types import Phase
from arena_core.k8s import duration
from arena_core.kube.scope import CancelScope
from arena_core.usecases.views import LogLine

#: Seconds between two looks at the log of a job that is waited for: at least, and at most.
_OFTEN, _SELDOM = 1.0, 30.0


class Silence:
    """Tells of a silence, once each time; ``last`` says when something was written last (``time.monotonic``), None for not yet.

    ``react`` does what is wanted besides, and is told how long it has lasted.
    """

    def __init__(self, name: str, limit: float, last: Callable[[], float | None], react: Callable[[float], None]) -> None:
        self._name = name
        self._limit = limit
        self._last = last
        self._react = react
        self._told = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=within(self._watch), name="arena-silence", daemon=True)

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
                note(f"warning: {name} has written nothing for {duration.human(silent)}; `arena stacks {name}` shows where it is")
                self._react(silent)


class Reaction:
    """What follows a warning (``--on-inactive``). While it is entered, the context's client ends its calls once the job was stopped."""

    def __init__(self, context: Context, parsed: Parsed, name: str, job_type: str) -> None:
        self._context = context
        self._name = name
        self._job_type = job_type
        self._wanted = parsed.text("on_inactive", "warn")
        self._scope = CancelScope()
        self._client = context.client
        self._stopped = ""

    def __enter__(self) -> Reaction:
        self._context.__dict__["client"] = self._client.within(self._scope)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._context.__dict__["client"] = self._client
        if self._stopped and (error is None or isinstance(error, ArenaError)):
            raise TimedOut(self._stopped, f"`arena logs {self._name}` shows what is left of its log") from None

    def __call__(self, silent: float) -> None:
        """Do it; what fails is said, and the wait goes on."""
        try:
            if self._wanted == "stacks":
                self._tell()
            elif self._wanted == "stop":
                self._stop(silent)
        except Cancelled:
            pass
        except ArenaError as error:
            note(f"note: {error.message}")

    def _tell(self) -> None:
        from arena_core.usecases.stacks import words

        found = self._client.stacks(self._client.get(self._name, job_type=self._job_type))
        note("note: " + one_line("; ".join(text for text in (words.sentence(found), words.behind(found)) if text)))

    def _stop(self, silent: float) -> None:
        done = self._client.stop(self._name, job_type=self._job_type)
        if done.how != "ended":
            self._stopped = f"{self._name} was {done.how}, since it had written nothing for {duration.human(silent)}"
            self._scope.cancel()


class Watched:
    """The job that is listened to: its calls end with ``over``."""

    def __init__(self, client: ArenaClient, name: str, job_type: str) -> None:
        self._scope = CancelScope()
        self._client = client.within(self._scope)
        self._name = name
        self._job_type = job_type

    def over(self) -> None:
        """Nobody listens any more."""
        self._scope.cancel()

    def written(self) -> float | None:
        """When the chief wrote its last line, in the time of ``time.monotonic``; of one that never did, when the job started."""
        try:
            lines = list(self._client.logs(self._name, job_type=self._job_type, tail=1))
        except ArenaError:
            return None  # it has not started, has ended, or cannot be read: then it is not said to be silent
        return self.started() if not lines else _ago(lines[-1].time)

    def started(self) -> float | None:
        """When the job started; None where it does not run."""
        try:
            status = self._client.get(self._name, job_type=self._job_type).status
        except ArenaError:
            return None
        return _ago(status.started_at) if status.phase is Phase.RUNNING else None


def _ago(moment: datetime | None) -> float | None:
    return None if moment is None else time.monotonic() - (datetime.now(UTC) - moment).total_seconds()


@contextlib.contextmanager
def heard(job: Watched, name: str, limit: float, lines: Iterable[LogLine], react: Callable[[float], None]) -> Iterator[Iterator[LogLine]]:
    """Pass the lines of a log that is followed on, and tell of silences between them, and before the first."""
    last: list[float] = []

    def passed() -> Iterator[LogLine]:
        for line in lines:
            last[:] = [time.monotonic()]
            yield line

    try:
        with Silence(name, limit, lambda: last[0] if last else job.started(), react):
            yield passed()
    finally:
        job.over()


@contextlib.contextmanager
def looked_at(job: Watched, name: str, limit: float, react: Callable[[float], None]) -> Iterator[None]:
    """Look at the end of the chief's log now and then while a job is waited for, and tell of silences."""
    try:
        with Silence(name, limit, job.written, react):
            yield
    finally:
        job.over()
