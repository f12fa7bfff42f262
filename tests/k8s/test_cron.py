"""Cron schedules: robfig's grammar and sentences, time zones, the two days a year on which a clock is changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.k8s.cron import FIELDS, Schedule, split_zone, zone_of

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty spec string"),
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("0 0 0 1 1 *", "expected exactly 5 fields, found 6: [0 0 0 1 1 *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("* * * * 7", "end of range (7) above maximum (6): 7"),
        ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("*/2/3 * * * *", "too many slashes: */2/3"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'),
        ("* * L * *", 'failed to parse int from L: strconv.Atoi: parsing "L": invalid syntax'),
        ("* * * 1_0 *", 'failed to parse int from 1_0: strconv.Atoi: parsing "1_0": invalid syntax'),
        ("@often", "unrecognized descriptor: @often"),
        ("@every soon", 'failed to parse duration @every soon: time: invalid duration "soon"'),
    ],
)
def test_what_is_no_schedule_is_refused_in_the_words_of_kubernetes(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Schedule(text)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("text", "now", "then"),
    [
        ("* * * * *", utc(2026, 1, 1, 0, 0, 30), utc(2026, 1, 1, 0, 1)),
        ("*/15 * * * *", utc(2026, 1, 1, 0, 15), utc(2026, 1, 1, 0, 30)),
        ("10/20 * * * *", utc(2026, 1, 1, 0, 11), utc(2026, 1, 1, 0, 30)),
        ("0 9 * * MON-FRI", utc(2026, 11, 27, 9), utc(2026, 11, 30, 9)),
        ("0 0 29 feb ?", utc(2026, 1, 1), utc(2028, 2, 29)),
        ("0 0 13 * fri", utc(2026, 1, 1), utc(2026, 1, 2)),  # both days are said: either
        ("0 0 */2 * mon", utc(2026, 1, 1), utc(2026, 1, 3)),  # a step is no star: either, as well
        ("0 0 */2 * mon", utc(2026, 1, 3), utc(2026, 1, 5)),
        ("@weekly", utc(2026, 11, 29, 1), utc(2026, 12, 6)),
        ("@every 90m", utc(2026, 1, 1, 0, 0, 7), utc(2026, 1, 1, 1, 30, 7)),
    ],
)
def test_the_next_time(text: str, now: datetime, then: datetime) -> None:
    assert Schedule(text).after(now) == then


def test_a_day_that_does_not_exist_never_comes() -> None:
    never = Schedule("0 0 31 2 *")
    assert never.after(utc(2026, 1, 1)) is None and not never.possible and Schedule("0 0 29 2 *").possible
    assert never.latest(utc(2020, 1, 1), utc(2026, 1, 1)) is None


def test_a_time_that_the_clock_leaps_over_is_not_run() -> None:
    nightly = Schedule("30 2 * * *")
    assert list(nightly.between(utc(2026, 3, 27, 12), utc(2026, 3, 30, 12), BERLIN)) == [utc(2026, 3, 28, 1, 30), utc(2026, 3, 30, 0, 30)]
    hours = list(Schedule("0 * * * *").between(utc(2026, 3, 29, 0), utc(2026, 3, 29, 4), BERLIN))
    assert hours == [utc(2026, 3, 29, hour) for hour in (1, 2, 3, 4)], "every hour stays every hour"


def test_a_time_that_the_clock_shows_twice_is_run_twice() -> None:
    assert list(Schedule("30 2 * * *").between(utc(2026, 10, 24, 12), utc(2026, 10, 25, 12), BERLIN)) == [
        utc(2026, 10, 25, 0, 30),
        utc(2026, 10, 25, 1, 30),
    ]
    assert list(Schedule("0 1 * * *").between(utc(2026, 11, 1, 4), utc(2026, 11, 1, 12), NEW_YORK)) == [
        utc(2026, 11, 1, 5),
        utc(2026, 11, 1, 6),
    ]


def test_zones_by_name() -> None:
    assert split_zone(" TZ=UTC  0 0 * * * ") == ("UTC", "0 0 * * *")
    assert Schedule("0 9 * * *").after(utc(2026, 7, 1), zone_of("Asia/Kolkata")) == utc(2026, 7, 1, 3, 30)
    for name in ("Mars/Olympus", "../../etc/passwd", "/etc/localtime"):
        with pytest.raises(ValueError, match="unknown time zone"):
            zone_of(name)


def _field(name: str, low: int, high: int) -> st.SearchStrategy[str]:
    one = st.integers(low, high).map(str)
    return st.one_of(
        st.just("*"), one, st.integers(1, 9).map(lambda n: f"*/{n}"),
        st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda pair: f"{min(pair)}-{max(pair)}"),
        st.lists(one, min_size=1, max_size=3).map(",".join),
    )  # fmt: skip


TEXTS = st.tuples(*(_field(f.name, f.lowest, f.highest) for f in FIELDS)).map(" ".join)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda one: one.replace(tzinfo=UTC, microsecond=0))


@given(TEXTS, MOMENTS, st.sampled_from([UTC, BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")]))
def test_each_time_is_one_that_the_wall_shows_and_none_between_is_left_out(text: str, now: datetime, zone: ZoneInfo) -> None:
    schedule = Schedule(text)
    found = schedule.after(now, zone)
    minutes, hours, days, months, weekdays = (
        set(range(f.lowest, f.highest + 1)) if part == "*" else {int(v) for v in part.split(",")}
        for part, f in zip(schedule.fields.split(), FIELDS, strict=True)
    )

    def shows(moment: datetime) -> bool:
        wall = moment.astimezone(zone)
        day, weekday = wall.day in days, wall.isoweekday() % 7 in weekdays
        either = day or weekday if "*" not in (schedule.fields.split()[2], schedule.fields.split()[4]) else day and weekday
        return wall.minute in minutes and wall.hour in hours and wall.month in months and either

    assert found is None or (found > now and shows(found) and found.second == 0)
    moment = now.replace(second=0) + timedelta(minutes=1)
    for _ in range(1500):  # a day and a bit, minute by minute
        if found is not None and moment >= found:
            break
        assert not shows(moment), moment
        moment += timedelta(minutes=1)


@given(TEXTS, MOMENTS, st.integers(1, 4000))
def test_the_latest_is_the_last_of_all(text: str, begin: datetime, minutes: int) -> None:
    schedule, end = Schedule(text), begin + timedelta(minutes=minutes)
    assert schedule.latest(begin, end, BERLIN) == max(schedule.between(begin, end, BERLIN), default=None)
