"""Times as Kubernetes writes them: RFC 3339 in whole seconds (``metav1.Time``) or in microseconds (``metav1.MicroTime``)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_FORM = r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse(text: object) -> datetime | None:
    """Return the moment in UTC (fractions down to microseconds), or None where it is no time; a time without a zone is taken as UTC."""
    parts = _split(text)
    return parts[0] if parts else None


def read(text: object) -> datetime:
    """Return the moment in UTC of a text that the API server has checked; raises ``ValueError`` where it is no time."""
    found = parse(text)
    if found is None:
        raise ValueError(f"{text!r} is not a time such as 2026-01-31T12:00:00Z")
    return found


def nanos(text: object) -> int:
    """Return nanoseconds since 1970 with all digits that the text has, for sorting; 0 where it is no time."""
    parts = _split(text)
    if parts is None:
        return 0
    moment, fraction = parts
    since = moment.replace(microsecond=0) - _EPOCH
    return (since.days * 86400 + since.seconds) * 10**9 + int(f"{fraction:0<9}"[:9])


def _split(text: object) -> tuple[datetime, str] | None:
    if not isinstance(text, str):
        return None
    if len(text) == 20 and text[4::3] == "--T::Z" and text.isascii():
        # What the API server itself writes. Whatever is odd about it is left to the pattern.
        try:
            return datetime.fromisoformat(text), ""
        except ValueError:
            pass
    found = re.fullmatch(_FORM, text)
    if found is None:
        return None
    day, clock, fraction, zone = found[1], found[2], found[3] or "", found[4] or "Z"
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}.{fraction[:6]:0<6}{'+00:00' if zone in 'Zz' else zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment, fraction


def text(moment: datetime) -> str:
    """Return RFC 3339 in whole seconds."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def micro_text(moment: datetime) -> str:
    """Return RFC 3339 with microseconds."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def unix(value: object) -> int:
    """Return whole seconds since 1970, or 0 where it is no time."""
    return nanos(value) // 10**9


def seconds_between(start: object, end: object = None, now: datetime | None = None) -> int:
    """Return whole seconds from start to end (now where it is none), never negative; 0 where there is no start."""
    first = parse(start) if start else None
    if first is None:
        return 0
    return max(0, int((((parse(end) if end else None) or now or datetime.now(UTC)) - first).total_seconds()))
