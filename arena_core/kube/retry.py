"""When a request is sent again, and after how long: as client-go does, and a little more patiently."""

from __future__ import annotations

from arena_core.kube.answer import Answer

#: Seconds between tries; each is varied by up to a half, so that many clients do not come back together.
DELAYS = (0.1, 0.4, 1.0, 2.0)
MAX_RETRY_AFTER = 30.0
#: A failure inside the server (a webhook, a converter) mostly stays; a server that is going down or coming up does not.
TRIES_OF_500 = 3
_UNAVAILABLE = (502, 503, 504)


def pause_of(tries: int) -> float | None:
    """Return how long to wait after so many tries, or None when they were enough."""
    return DELAYS[tries - 1] if tries <= len(DELAYS) else None


def varied(pause: float) -> float:
    """Return a pause varied by up to a half."""
    import random

    return pause * random.uniform(0.5, 1.0)


def wait_for_answer(answer: Answer, tries: int, *, repeatable: bool, reads: bool) -> float | None:
    """Return how long the server wants us to wait before the request is sent again (0 = no wish), or None if its answer stands."""
    asked = retry_after(answer)
    if answer.status == 429:
        return asked or 0.0
    if answer.status in _UNAVAILABLE:
        if repeatable:
            return asked or 0.0
        # The server itself says that it did nothing and may be asked again.
        return asked if answer.status == 503 else None
    if answer.status == 500 and reads and tries < TRIES_OF_500:
        return asked or 0.0
    return None


def retry_after(answer: Answer) -> float | None:
    """Return the seconds of a ``Retry-After``; None without one, and for one that is no number of seconds."""
    given = answer.headers.get("retry-after", "").strip()
    if not given.isascii() or not given.isdigit():
        return None
    # A number of any length: it is cut before it is read.
    return MAX_RETRY_AFTER if len(given) > 4 else min(float(given), MAX_RETRY_AFTER)
