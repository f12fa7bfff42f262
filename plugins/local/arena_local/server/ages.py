"""Ages as kubectl prints them."""

from __future__ import annotations

from datetime import datetime

from arena_core.k8s import duration, time


def age(text: str | None, now: datetime) -> str:
    """Return how long ago a timestamp was."""
    found = time.parse(text)
    return "<unknown>" if found is None else duration.human((now - found).total_seconds())
