"""The cluster's clock: the machine's, until a test moves it. Controllers ask it for the time, and their waits end by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

#: How long a moved clock waits, in real seconds, until those whose waits it has ended have done their work.
PATIENCE = 5.0


class Timer:
    """A call at a time of the clock; ``cancel`` takes it back."""

    def __init__(self, clock: Clock, due: float, call: Callable[[], None]) -> None:
        self._clock = clock
        self._call = call
        self.due = due
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


class Clock:
    """Calling it returns the time (UTC, aware); ``advance`` moves it, and every wait that ends on the way ends at its own time."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._timers: set[Timer] = set()
        #: Each says whether somebody still works on what a wait has released.
        self.busy: list[Callable[[], bool]] = []

    def __call__(self) -> datetime:
        """Return the current time."""
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def seconds(self) -> float:
        """Return seconds since some moment, for measuring; they move with the clock."""
        return asyncio.get_running_loop().time() + self._ahead

    def call_later(self, delay: float, call: Callable[..., None], *arguments: Any) -> Timer:
        """Make a call in so many seconds of this clock."""
        timer = Timer(self, self.seconds() + max(delay, 0.0), lambda: call(*arguments))
        self._timers.add(timer)
        timer.arm(delay)
        return timer

    def forget(self, timer: Timer) -> None:
        """Wait for this one no longer."""
        self._timers.discard(timer)

    async def advance(self, seconds: float) -> datetime:
        """Move the clock, from wait to wait, and let everybody finish in between; returns the time that it is then."""
        await self._settle()
        target = self.seconds() + seconds
        while due := min((timer for timer in self._timers if timer.due <= target), key=lambda timer: timer.due, default=None):
            self._ahead += max(0.0, due.due - self.seconds())
            due.fire()
            await self._settle()
        self._ahead += max(0.0, target - self.seconds())
        for timer in self._timers:
            timer.arm(timer.due - self.seconds())
        await self._settle()
        return self()

    def leap(self, seconds: float) -> None:
        """Move the clock at once: what was due on the way is due now, once, however often it would have come back."""
        self._ahead += max(0.0, seconds)

    async def _settle(self) -> None:
        until = asyncio.get_running_loop().time() + PATIENCE
        await asyncio.sleep(0)
        while any(busy() for busy in self.busy) and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110 - they run in this loop
            await asyncio.sleep(0)
