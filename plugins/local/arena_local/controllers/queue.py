"""A work queue as client-go's: keys are unique while they wait, come back after a delay or with back-off."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from arena_local.sdk.bundle import Key
from arena_local.sdk.clock import Clock, Timer

#: client-go's default item back-off, in seconds.
BASE_DELAY = 0.005
MAX_DELAY = 1000.0


class WorkQueue:
    """First in, first out, without duplicates. A key that is added while it is being worked on comes again afterwards."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._ready: OrderedDict[Key, None] = OrderedDict()
        self._timers: dict[Key, Timer] = {}
        self._failures: dict[Key, int] = {}
        self._held: dict[Key, float] = {}
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, key: Key) -> None:
        """Queue the key unless it waits already; a held one waits until its time."""
        if key not in self._ready:
            if self._held:
                now = self._clock.seconds()
                until = self._held.get(key, now)  # a clock that was set back counts below zero
                if until > now:
                    self.add_after(key, until - now)
                    return
                self._held.pop(key, None)
            self._ready[key] = None
            self._wake.set()

    def add_after(self, key: Key, delay: float) -> None:
        """Queue the key in ``delay`` seconds; an earlier time that is already set stays."""
        due = self._clock.seconds() + max(delay, 0.0)
        timer = self._timers.get(key)
        if timer is not None:
            if timer.due <= due:
                return
            timer.cancel()
        self._timers[key] = self._clock.call_later(delay, self._due, key)

    def hold(self, key: Key, seconds: float) -> None:
        """Let the key wait at least so long before its next turn: a long reconcile must not take the whole loop."""
        self._held[key] = self._clock.seconds() + seconds

    def retry(self, key: Key) -> float:
        """Queue the key after its back-off; returns the delay."""
        count = self._failures.get(key, 0)
        self._failures[key] = count + 1
        delay = float(min(BASE_DELAY * 2 ** min(count, 30), MAX_DELAY))
        self.add_after(key, delay)
        return delay

    def forget(self, key: Key) -> None:
        """Reset the back-off of a key."""
        self._failures.pop(key, None)

    def failures(self, key: Key) -> int:
        """Return how often in a row the key has failed."""
        return self._failures.get(key, 0)

    async def pop(self) -> Key:
        """Wait for the next key."""
        while not self._ready:
            self._wake.clear()
            await self._wake.wait()
        return self._ready.popitem(last=False)[0]

    def close(self) -> None:
        """Cancel all timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _due(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)
