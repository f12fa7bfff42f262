"""Durations: Go's grammar (``1h30m``, ``500ms``), the plain and long forms that people type, and the ways in which tools print them."""

from __future__ import annotations

import re

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DAY = 24 * 3600 * 10**9
_PART = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d)"
#: Go keeps a duration in an int64 of nanoseconds: about 292 years.
MOST = (2**63 - 1) / 10**9


def parse(text: str, *, plain: bool = False, days: bool = False) -> float:
    """Return seconds; raises ``ValueError`` where the text is no duration as Go's ``time.ParseDuration`` reads it, or is over 292 years.

    ``plain`` takes a number without a unit as seconds, ``days`` the unit ``d``. Whole nanoseconds are kept, as Go does.

    >>> parse("1h30m"), parse("-1.5s"), parse("90", plain=True), parse("2d", days=True)
    (5400.0, -1.5, 90.0, 172800.0)
    """
    body = text[1:] if text[:1] in ("+", "-") else text
    if plain and re.fullmatch(r"[0-9]+(\.[0-9]*)?|\.[0-9]+", body):
        total = _nanos(body, 10**9)
    elif body == "0":
        total = 0
    else:
        parts = re.findall(_PART, body)
        if not parts or "".join(n + unit for n, unit in parts) != body or (not days and any(unit == "d" for _, unit in parts)):
            raise ValueError(f"{text!r} is not a duration such as 90s, 10m or 1h30m")
        total = sum(_nanos(number, _DAY if unit == "d" else _UNITS[unit]) for number, unit in parts)
    if total > 2**63 - 1:
        raise ValueError(f"{text!r} is too long: at most 292 years")
    seconds = total / 10**9
    return -seconds if text[:1] == "-" else seconds


def _nanos(number: str, unit: int) -> int:
    whole, _, fraction = number.partition(".")
    fraction = fraction[:18]
    return int(whole or "0") * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)


def go_text(seconds: float) -> str:
    """Write seconds as Go's ``Duration.String`` does.

    >>> go_text(0), go_text(0.5), go_text(8), go_text(90), go_text(3600), go_text(-1.5)
    ('0s', '500ms', '8s', '1m30s', '1h0m0s', '-1.5s')
    """
    nanos = round(seconds * 10**9)
    sign, nanos = ("-", -nanos) if nanos < 0 else ("", nanos)
    if not nanos:
        return "0s"
    for unit, size in (("ns", 1), ("µs", 10**3), ("ms", 10**6)):
        if nanos < size * 1000:
            return f"{sign}{_point(nanos, size)}{unit}"
    minutes, rest = divmod(nanos, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    text = f"{_point(rest, 10**9)}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return sign + (f"{hours}h{text}" if hours else text)


def _point(nanos: int, unit: int) -> str:
    whole, rest = divmod(nanos, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0") if rest else str(whole)


def short_text(seconds: int) -> str:
    """Write whole seconds in one unit, as people type them: ``90s``, ``5m``, ``1h``.

    >>> short_text(90), short_text(300), short_text(3600), short_text(0)
    ('90s', '5m', '1h', '0s')
    """
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def human(seconds: float) -> str:
    """Write a duration in one or two units, as kubectl does under AGE (``duration.HumanDuration``).

    >>> human(70), human(190), human(70 * 60), human(49 * 3600), human(-5)
    ('70s', '3m10s', '70m', '2d1h', '<invalid>')
    """
    total = int(seconds)
    if total < -1:
        return "<invalid>"
    if total < 120:
        return f"{max(total, 0)}s"
    minutes, hours, days = total // 60, total // 3600, total // 86400
    if minutes < 10:
        return _two(minutes, "m", total % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 24 * 8:
        return _two(days, "d", hours % 24, "h")
    if days < 365 * 2:
        return f"{days}d"
    return _two(days // 365, "y", days % 365 if days < 365 * 8 else 0, "d")


def compact(seconds: float) -> str:
    """Write a duration in one unit, as kubectl does where it has little room (``duration.ShortHumanDuration``).

    >>> compact(59), compact(100), compact(7200), compact(3 * 86400), compact(-0.5)
    ('59s', '1m', '2h', '3d', '0s')
    """
    total = int(seconds)
    if total < -1:
        return "<invalid>"
    for unit, size in (("y", 365 * 86400), ("d", 86400), ("h", 3600), ("m", 60)):
        if total >= size:
            return f"{total // size}{unit}"
    return f"{max(total, 0)}s"


def _two(first: int, unit: str, rest: int, smaller: str) -> str:
    return f"{first}{unit}{rest}{smaller}" if rest else f"{first}{unit}"
