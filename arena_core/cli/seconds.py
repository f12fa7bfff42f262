"""Durations given with flags."""

from __future__ import annotations

from arena_core.cli.flags import Parsed
from arena_core.contract.errors import UsageError
from arena_core.k8s import duration

LONGEST_TIME = 10 * 365 * 86400


def seconds(parsed: Parsed, flag: str = "timeout") -> float | None:
    """The seconds of a duration (``90s``, ``1h30m``, or a number of seconds); None where the flag is not given."""
    if flag not in parsed.values:
        return None
    return seconds_of(parsed.text(flag), f"--{flag}")


def seconds_of(text: str, flag: str) -> float:
    """Read a duration that was given with a flag."""
    try:
        value = duration.parse(text, plain=True, days=True)
    except ValueError:
        value = -1.0
    if value < 0:
        raise UsageError(f"{flag}: {text!r} is not a duration", "for example 90s, 10m or 1h30m")
    if value > LONGEST_TIME:
        raise UsageError(f"{flag}: {text!r} is longer than 10 years")
    return value
