"""Ends a daemon that nobody has asked anything for a while and that runs no pod; only where the user wants it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

Handler = Callable[[Any], Awaitable[Any]]


class Idle:
    """Counts requests; ``minutes`` is asked anew each time, because options change while the daemon runs (0: never ends)."""

    def __init__(self, minutes: Callable[[], float], busy: Callable[[], bool], *, look: float = 5.0) -> None:
        self._minutes = minutes
        self._busy = busy
        self._look = look
        self._open = 0
        self._last = time.monotonic()

    def middleware(self) -> Any:
        """Return the aiohttp middleware that counts."""
        from aiohttp import web

        @web.middleware
        async def count(request: web.Request, handler: Handler) -> Any:
            self._open += 1
            try:
                return await handler(request)
            finally:
                self._open -= 1
                self._last = time.monotonic()

        return count

    async def wait(self) -> None:
        """Return when it is time to end."""
        while True:
            await asyncio.sleep(self._look)
            minutes = self._minutes()
            if self._open or self._busy():
                self._last = time.monotonic()
            if minutes and time.monotonic() - self._last >= minutes * 60:
                return
