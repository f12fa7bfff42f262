"""The cluster's clock: the machine's, until a test moves it. All parts ask it for the time, and their waits end by it.

Moving it gives no process more time to work: who looks after real processes (the kubelet: back-off, probes, deadlines, heartbeat) looks
once for each move, at its end.
"""

from __future__ import annotations

import asyncio
import time as machine
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from arena_core.k8s import time

#: How long a moved clock waits, in real seconds, until those whose waits it has ended have done their work.
PATIENCE = 5.0


class Timer:
    """A call at a time of the clock; ``cancel`` takes it back. One that is made ``once`` does not split a move of the clock."""

    def __init__(self, clock: Clock, due: float, call: Callable[[], None], *, once: bool) -> None:
        self._clock = clock
        self._call = call
        self.due = due
        self.once = once
        self._handle: asyncio.TimerHandle | None = None

    def arm(self, delay: float) -> None:
        """Wait (anew), in real seconds."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = asyncio.get_running_loop().call_later(max(delay, 0.0), self.fire)

    def fire(self) -> None:
        """Make the call."""
        self.cancel()
        self._call()

    def cancel(self) -> None:
        """Never make the call."""
        if self._handle is not None:
            self._handle.cancel()
        self._clock.forget(self)


class Deadline:
    """So many seconds of the clock, and ``least`` real ones: a process that is to do something cannot work faster than it can."""

    def __init__(self, clock: Clock, seconds: float, least: float) -> None:
        self._clock = clock
        self._due = clock.seconds() + seconds
        self._least = machine.monotonic() + min(seconds, least)

    @property
    def left(self) -> float:
        """Seconds until then, 0 when it has passed."""
        return max(self._due - self._clock.seconds(), self._least - machine.monotonic(), 0.0)


class Clock:
    """Calling it returns the time (UTC, aware); ``advance`` moves it, and every wait that ends on the way ends at its own time.

    ``source`` is where the time comes from before anybody moves it.
    """

    def __init__(self, source: Callable[[], datetime] | None = None) -> None:
        self._source = source or (lambda: datetime.now(UTC))
        self._ahead = 0.0
        self._timers: set[Timer] = set()
        #: How many waits the last move has ended on its way, one after the other.
        self.steps = 0
        #: Each says whether somebody still works on what a wait has released.
        self.busy: list[Callable[[], bool]] = []

    def __call__(self) -> datetime:
        """Return the current time."""
        return self._source() + timedelta(seconds=self._ahead)

    def seconds(self) -> float:
        """Return seconds since some moment, for measuring; they move with the clock."""
        return machine.monotonic() + self._ahead

    def cluster_time(self, stamp: str) -> str:
        """Return a moment of just now, as a process has written it by the machine's time, in this clock's."""
        moment = time.parse(stamp) if self._ahead else None
        return stamp if moment is None else time.micro_text(moment + timedelta(seconds=self._ahead))

    def call_later(self, delay: float, call: Callable[..., None], *arguments: Any, once: bool = False) -> Timer:
        """Make a call in so many seconds of this clock; with ``once`` at the end of a move that passes them, and once for each."""
        timer = Timer(self, self.seconds() + max(delay, 0.0), lambda: call(*arguments), once=once)
        self._timers.add(timer)
        timer.arm(delay)
        return timer

    async def sleep(self, delay: float, *, once: bool = False) -> None:
        """Wait for so many seconds of this clock; ``once`` as in ``call_later``."""
        over = asyncio.Event()
        timer = self.call_later(delay, over.set, once=once)
        try:
            await over.wait()
        finally:
            timer.cancel()

    def deadline(self, delay: float, *, least: float) -> Deadline:
        """Return the end of a wait for a real process: so many seconds of this clock, of which ``least`` are real ones."""
        return Deadline(self, delay, least)

    def forget(self, timer: Timer) -> None:
        """Wait for this one no longer."""
        self._timers.discard(timer)

    async def advance(self, seconds: float) -> datetime:
        """Move the clock, from wait to wait, and let everybody finish in between; returns the time that it is then."""
        await self._settle()
        target, self.steps = self.seconds() + seconds, 0
        while due := self._next(target):
            self.steps += 1
            self._ahead += max(0.0, due.due - self.seconds())
            due.fire()
            await self._settle()
        self._ahead += max(0.0, target - self.seconds())
        for timer in [timer for timer in self._timers if timer.once and timer.due <= self.seconds()]:
            timer.fire()
        for timer in self._timers:
            timer.arm(timer.due - self.seconds())
        await self._settle()
        return self()

    def _next(self, target: float) -> Timer | None:
        return min((one for one in self._timers if one.due <= target and not one.once), key=lambda one: one.due, default=None)

    def leap(self, seconds: float) -> None:
        """Move the clock at once: what was due on the way is due now, once, however often it would have come back."""
        self._ahead += max(0.0, seconds)

    def set(self, moment: datetime) -> None:
        """Show this time, be it later or earlier; for the start of a test, before anybody waits."""
        self._ahead += (moment - self()).total_seconds()

    async def _settle(self) -> None:
        until = machine.monotonic() + PATIENCE
        await asyncio.sleep(0)
        while any(busy() for busy in self.busy) and machine.monotonic() < until:  # noqa: ASYNC110 - they run in this loop
            await asyncio.sleep(0)
