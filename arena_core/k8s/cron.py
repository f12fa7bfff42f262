"""Cron schedules as Kubernetes, Volcano and KubeDL read them (robfig/cron v3): five fields or a descriptor, in a time zone.

They differ from the cron of Debian: a step takes the star away (``*/2`` in both day fields means either of them), 7 is no day of the
week, and over a change of the clock it is the wall that decides. A time that the clock leaps over is not run, one that it shows twice
is run twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import NamedTuple

from arena_core.k8s import duration

DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
#: How a time zone stands in front of a schedule, where the kind has no field for it.
ZONE = re.compile(r"(?:CRON_)?TZ=(\S+)\s+(.*)", re.DOTALL)
_MONTHS = {
    name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_DAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
_SECOND = timedelta(seconds=1)


class Field(NamedTuple):
    """One of the five fields: its name, its bounds, and words for its numbers."""

    name: str
    lowest: int
    highest: int
    words: Mapping[str, int] = {}


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of month", 1, 31),
    Field("month", 1, 12, _MONTHS),
    Field("day of week", 0, 6, _DAYS),
)


class Schedule:
    """When something is to be run; raises ``ValueError`` with robfig's words for what is no schedule."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.every: timedelta | None = None
        if text.startswith("@every "):
            self.every = _every(text)
            self.fields = ""
            return
        if text.startswith("@"):
            if text not in DESCRIPTORS:
                raise ValueError(f"unrecognized descriptor: {text}")
            text = DESCRIPTORS[text]
        parts = text.split()
        if not parts:
            raise ValueError("empty spec string")
        if len(parts) != len(FIELDS):
            raise ValueError(f"expected exactly 5 fields, found {len(parts)}: [{' '.join(parts)}]")
        self.fields = " ".join(_plain(part, field) for part, field in zip(parts, FIELDS, strict=True))

    def __repr__(self) -> str:
        return f"Schedule({self.text!r})"

    @cached_property
    def possible(self) -> bool:
        """Whether there is such a day at all: there is no 31st of February."""
        return self.every is not None or self._wall(datetime(2000, 1, 1)) is not None  # noqa: DTZ001 - the time on a wall

    def after(self, moment: datetime, zone: tzinfo = UTC) -> datetime | None:
        """Return the next time after a moment, in UTC; None where there is none.

        >>> from zoneinfo import ZoneInfo
        >>> Schedule("30 2 * * *").after(datetime(2026, 3, 28, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin"))  # no 02:30 on the 29th
        datetime.datetime(2026, 3, 30, 0, 30, tzinfo=datetime.timezone.utc)
        """
        if self.every is not None:
            return (moment + self.every).astimezone(UTC).replace(microsecond=0)
        now = moment.astimezone(UTC)
        while True:
            offset = _offset(now, zone)
            wall = self._wall((now + offset).replace(tzinfo=None))
            if wall is None:
                return None
            found = wall.replace(tzinfo=UTC) - offset
            if _offset(found, zone) == offset:
                return found
            # The clock is changed on the way: from there on the same wall means another moment.
            now = _change(now, found, zone)
            if self._shown(now, zone):
                return now

    def between(self, begin: datetime, end: datetime, zone: tzinfo = UTC) -> Iterator[datetime]:
        """Yield all times after ``begin`` up to ``end``."""
        found = self.after(begin, zone)
        while found is not None and found <= end:
            yield found
            found = self.after(found, zone)

    def latest(self, begin: datetime, end: datetime, zone: tzinfo = UTC) -> datetime | None:
        """Return the last time after ``begin`` up to ``end``, without walking through all of them."""
        if self.every is not None:
            steps = (end - begin) // self.every
            return begin.astimezone(UTC).replace(microsecond=0) + steps * self.every if steps > 0 else None
        span = timedelta(minutes=2)
        while True:
            start, last = max(begin, end - span), None
            for last in self.between(start, end, zone):  # noqa: B007 - the last one is wanted
                pass
            if last is not None or start == begin:
                return last
            span *= 4

    def _wall(self, moment: datetime) -> datetime | None:
        """Return the next time on the wall after a moment on it."""
        from cronsim import CronSim, CronSimError

        try:
            return next(CronSim(self.fields, moment), None)
        except CronSimError:  # a day that no month has
            return None

    def _shown(self, moment: datetime, zone: tzinfo) -> bool:
        """Whether the wall shows one of the times at this moment."""
        wall = (moment + _offset(moment, zone)).replace(tzinfo=None)
        return self._wall(wall - _SECOND) == wall


def split_zone(text: str) -> tuple[str, str]:
    """Return the time zone that stands in front of a schedule, and the rest.

    >>> split_zone("CRON_TZ=Asia/Tokyo 0 9 * * *"), split_zone("@daily")
    (('Asia/Tokyo', '0 9 * * *'), ('', '@daily'))
    """
    found = ZONE.fullmatch(text.strip())
    return (found[1], found[2]) if found else ("", text.strip())


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name in the IANA database, UTC for none; raises ``ValueError`` for one that is not there."""
    if not name:
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name}") from error


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _change(before: datetime, behind: datetime, zone: tzinfo) -> datetime:
    """Return the first second at which the clock is another one than at ``before``."""
    offset, low, high = _offset(before, zone), before.replace(microsecond=0), behind
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        low, high = (middle, high) if _offset(middle, zone) == offset else (low, middle)
    return high


def _every(text: str) -> timedelta:
    words = text.removeprefix("@every ")
    try:
        return timedelta(seconds=max(1, int(duration.parse(words))))
    except ValueError as error:
        raise ValueError(f'failed to parse duration {text}: time: invalid duration "{words}"') from error


def _plain(text: str, field: Field) -> str:
    """Return a field as the list of its values, or ``*``: so much is read alike everywhere."""
    if not all(text.split(",")):
        text = ",".join(part for part in text.split(",") if part)  # robfig takes empty ones for nothing
    values: set[int] = set()
    star = False
    for part in text.split(","):
        found, whole = _range(part, field)
        values |= found
        star = star or whole
    return "*" if star else ",".join(map(str, sorted(values)))


def _range(text: str, field: Field) -> tuple[set[int], bool]:
    """Return the values of ``*``, ``3``, ``mon-fri``, ``*/2``, ``10/5``, ``1-9/2``, and whether it is the star."""
    head, *steps = text.split("/")
    ends = head.split("-")
    if len(ends) > 2:
        raise ValueError(f"too many hyphens: {text}")
    if len(steps) > 1:
        raise ValueError(f"too many slashes: {text}")
    star = ends[0] in ("*", "?")
    if star:
        low, high = field.lowest, field.highest
    else:
        low = _number(ends[0], field.words)
        high = _number(ends[1], field.words) if len(ends) == 2 else field.highest if steps else low
    step = _number(steps[0], {}) if steps else 1
    if low < field.lowest:
        raise ValueError(f"beginning of range ({low}) below minimum ({field.lowest}): {text}")
    if high > field.highest:
        raise ValueError(f"end of range ({high}) above maximum ({field.highest}): {text}")
    if low > high:
        raise ValueError(f"beginning of range ({low}) beyond end of range ({high}): {text}")
    if not step:
        raise ValueError(f"step of range should be a positive number: {text}")
    return set(range(low, high + 1, step)), star and step == 1


def _number(text: str, words: Mapping[str, int]) -> int:
    if text.lower() in words:
        return words[text.lower()]
    try:
        number = int(text) if text.isascii() and "_" not in text else int("")
    except ValueError:
        raise ValueError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax') from None
    if number < 0:
        raise ValueError(f"negative number ({number}) not allowed: {text}")
    return number
