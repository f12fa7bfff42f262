"""What one call holds while it runs: its connections and its pauses. Another thread ends the call by ending its scope."""

from __future__ import annotations

import threading
from collections.abc import Callable

from arena_core.contract.errors import Cancelled


class CancelScope:
    """The extent of a call. After ``cancel`` nothing in it waits any longer: connections close, pauses end, requests are refused.

    >>> scope = CancelScope()
    >>> let_go = scope.hold(lambda: print("closed"))
    >>> scope.cancel()
    closed
    >>> scope.cancelled
    True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._held: dict[int, Callable[[], None]] = {}
        self._number = 0

    @property
    def cancelled(self) -> bool:
        """Whether it has been ended."""
        return self._ended.is_set()

    def cancel(self) -> None:
        """End it, from any thread; again does nothing."""
        with self._lock:
            self._ended.set()
            held, self._held = list(self._held.values()), {}
        for release in held:
            release()

    def check(self) -> None:
        """Raise ``Cancelled`` if it has been ended."""
        if self._ended.is_set():
            raise Cancelled("the call was cancelled")

    def sleep(self, seconds: float) -> None:
        """Pause; raises ``Cancelled`` as soon as the scope ends."""
        if seconds > 0 and self._ended.wait(seconds):
            self.check()

    def hold(self, release: Callable[[], None]) -> Callable[[], None]:
        """Have ``release`` called when the scope ends (at once if it has); returns what takes it back."""
        with self._lock:
            if not self._ended.is_set():
                self._number += 1
                number = self._number
                self._held[number] = release
                return lambda: self._let_go(number)
        release()
        return lambda: None

    def _let_go(self, number: int) -> None:
        with self._lock:
            self._held.pop(number, None)
