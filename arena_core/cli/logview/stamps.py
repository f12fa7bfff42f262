"""Times of log lines as nanoseconds: compact, and sorted as numbers."""

from __future__ import annotations

import calendar

_SECONDS: dict[bytes, int] = {}
#: So many different seconds are remembered.
_MOST = 4096


def nanoseconds(stamp: bytes) -> int:
    """Return an RFC 3339 time of a node in nanoseconds since 1970, 0 for what is none.

    >>> nanoseconds(b"1970-01-01T00:00:02.5Z")
    2500000000
    """
    second = _SECONDS.get(stamp[:19])
    if second is None:
        second = _second(stamp[:19])
    if not second:
        return 0
    rest = stamp[19:]
    zone = 0
    if rest[-1:] == b"Z":
        rest = rest[:-1]
    elif rest[-6:-5] in (b"+", b"-"):
        zone = _zone(rest[-6:])
        rest = rest[:-6]
    fraction = rest[1:10]
    return (second - zone) * 1_000_000_000 + (int(fraction.ljust(9, b"0")) if fraction.isdigit() else 0)


def _second(text: bytes) -> int:
    try:
        found = calendar.timegm((int(text[:4]), int(text[5:7]), int(text[8:10]), int(text[11:13]), int(text[14:16]), int(text[17:19])))
    except ValueError:
        return 0
    if len(_SECONDS) >= _MOST:
        _SECONDS.clear()
    _SECONDS[text] = found
    return found


def _zone(text: bytes) -> int:
    hours, minutes = text[1:3], text[4:6]
    if not (hours.isdigit() and minutes.isdigit()):
        return 0
    return (int(hours) * 3600 + int(minutes) * 60) * (-1 if text[:1] == b"-" else 1)
