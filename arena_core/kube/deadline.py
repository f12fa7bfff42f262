"""How long a request may take: the smaller of its own limit and what the caller has left."""

from __future__ import annotations

import time

from arena_core.contract.errors import TimedOut

#: A time-out of a socket may fire a moment before the clock shows it.
_EARLY = 0.005


class DeadlineExceeded(TimedOut):
    """The caller's time was over before the API server had answered."""


def remaining(deadline: float | None, own: float, where: str) -> float:
    """Return how many seconds one step may take; raises ``DeadlineExceeded`` when there are none left.

    ``deadline`` is a time of ``time.monotonic()``, or None for no limit but the step's own.
    """
    check(deadline, where)
    return own if deadline is None else min(own, deadline - time.monotonic() + _EARLY)


def check(deadline: float | None, where: str) -> None:
    """Raise ``DeadlineExceeded`` when the caller's time is over."""
    if deadline is not None and time.monotonic() >= deadline - _EARLY:
        raise DeadlineExceeded(f"{where} did not answer within the time given", "give it more time, or check that the cluster is well")
