"""What one call holds while it runs: its connections and its pauses. Another thread ends the call by ending its scope."""

from __future__ import annotations

from _thread import TIMEOUT_MAX, allocate_lock
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
        self._lock = allocate_lock()
        self._cancelled = False
        #: Held for as long as nobody ends it: whoever pauses waits for it.
        self._gate = allocate_lock()
        self._gate.acquire()
        self._held: dict[int, Callable[[], None]] = {}
        self._number = 0

    @property
    def cancelled(self) -> bool:
        """Whether it has been ended."""
        return self._cancelled

    def cancel(self) -> None:
        """End it, from any thread; again does nothing."""
        with self._lock:
            if not self._cancelled:
                self._cancelled = True
                self._gate.release()
            held, self._held = list(self._held.values()), {}
        for release in held:
            release()

    def check(self) -> None:
        """Raise ``Cancelled`` if it has been ended."""
        if self._cancelled:
            raise Cancelled("the call was cancelled")

    def sleep(self, seconds: float) -> None:
        """Pause; raises ``Cancelled`` as soon as the scope ends."""
        if seconds > 0 and self._gate.acquire(timeout=min(seconds, TIMEOUT_MAX)):
            self._gate.release()
            self.check()

    def hold(self, release: Callable[[], None]) -> Callable[[], None]:
        """Have ``release`` called when the scope ends (at once if it has); returns what takes it back."""
        with self._lock:
            if not self._cancelled:
                self._number += 1
                number = self._number
                self._held[number] = release
                return lambda: self._let_go(number)
        release()
        return lambda: None

    def _let_go(self, number: int) -> None:
        with self._lock:
            self._held.pop(number, None)
