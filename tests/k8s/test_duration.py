"""Durations: Go's published cases, kubectl's ages, and properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.k8s import duration

#: From Go's time_test.go.
GOOD = [
    ("0", 0), ("5s", 5), ("30s", 30), ("1478s", 1478), ("-5s", -5), ("+5s", 5), ("-0", 0), ("+0", 0), ("5.0s", 5), ("5.6s", 5.6),
    ("5.s", 5), (".5s", 0.5), ("1.0s", 1), ("1.004s", 1.004), ("100.00100s", 100.001), ("10ns", 1e-8), ("11us", 1.1e-5), ("12µs", 1.2e-5),
    ("12μs", 1.2e-5), ("13ms", 0.013), ("14s", 14), ("15m", 900), ("16h", 57600), ("3h30m", 12600), ("10.5s4m", 250.5),
    ("-2m3.4s", -123.4), ("1h2m3s4ms5us6ns", 3723.004005006), ("39h9m14.425s", 140954.425), ("0.3333333333333333333h", 1200),
]  # fmt: skip
BAD = ["", "3", "-", "s", ".", "-.", ".s", "+.s", "1d", "3000000h", "9223372036854775808ns", "5 s", "1h 2m", "²s", "1e3s", "nan", "١s"]


@pytest.mark.parametrize(("text", "seconds"), GOOD)
def test_go_reads(text: str, seconds: float) -> None:
    assert duration.parse(text) == pytest.approx(seconds, abs=1e-9)


@pytest.mark.parametrize("text", BAD)
def test_go_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|292 years"):
        duration.parse(text)


def test_what_people_type_beyond_go() -> None:
    assert duration.parse("90", plain=True) == 90
    assert duration.parse("1.5", plain=True) == 1.5
    assert duration.parse("2d12h", days=True) == 216000
    with pytest.raises(ValueError, match="duration"):
        duration.parse("two days", plain=True, days=True)


AGES = [
    (1, "1s"), (70, "70s"), (190, "3m10s"), (70 * 60, "70m"), (47 * 3600, "47h"), (49 * 3600, "2d1h"), ((8 * 24 + 2) * 3600, "8d"),
    (367 * 86400, "367d"), ((365 * 2 * 24 + 25) * 3600, "2y1d"), ((365 * 8 * 24 + 2) * 3600, "8y"), (-2, "<invalid>"), (-1.5, "0s"), (0.9, "0s"),
    (119.9, "119s"), (120, "2m"), (121, "2m1s"), (599.9, "9m59s"), (600, "10m"), (601, "10m"), (10799, "179m"), (10800, "3h"), (10860, "3h1m"),
    (8 * 3600 - 1, "7h59m"), (8 * 3600, "8h"), (48 * 3600 - 1, "47h"), (48 * 3600, "2d"), (8 * 86400 - 1, "7d23h"), (2 * 365 * 86400 - 1, "729d"),
    (2 * 365 * 86400, "2y"),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "text"), AGES)
def test_ages_as_kubectl_prints_them(seconds: float, text: str) -> None:
    assert duration.human(seconds) == text


@given(st.integers(0, 2**53))
def test_what_is_written_is_read(nanos: int) -> None:
    seconds = nanos / 10**9
    assert duration.parse(duration.go_text(seconds)) == pytest.approx(seconds, abs=1e-9)


@given(st.integers(0, 10**7))
def test_the_short_form_is_read_as_the_same(seconds: int) -> None:
    assert duration.parse(duration.short_text(seconds)) == seconds


@given(st.text(max_size=12))
def test_free_text_is_read_or_refused(text: str) -> None:
    try:
        assert abs(duration.parse(text, plain=True, days=True)) <= duration.MOST
    except ValueError:
        pass


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86399, "23h"), (86400, "1d"), (900000, "10d"), (800 * 86400, "2y")],
)
def test_durations_in_one_unit(seconds: int, text: str) -> None:
    assert duration.compact(seconds) == text
