"""When a followed log is over: a table of cases. Pure."""

from __future__ import annotations

import pytest

from arena_core.usecases.verdict import GRACE, ORPHANS, Standing, counting, over

NOW = 1000.0
SOON = NOW - GRACE + 1
LONG = NOW - GRACE - 1

CASES = [
    ("nothing was looked at yet", Standing(), False),
    # L2: an end is believed only after the pods were listed, and after the job's end once more
    ("ended, pods not listed", Standing(finished=LONG, relisted=True), False),
    ("ended, not listed again", Standing(listed=True, finished=LONG), False),
    ("ended and listed again", Standing(listed=True, relisted=True, finished=NOW), True),
    ("ended, not all shown", Standing(listed=True, relisted=True, finished=LONG, waiting=True), False),
    ("ended, a log has an end that is to come", Standing(listed=True, relisted=True, finished=LONG, reading=1, closing=1), False),
    ("ended, a pod outlives it a moment", Standing(listed=True, relisted=True, finished=SOON, reading=1), False),
    ("ended, a pod outlives it for long", Standing(listed=True, relisted=True, finished=LONG, reading=1), True),
    ("ended, one has not begun", Standing(listed=True, relisted=True, finished=SOON, unstarted=True), False),
    ("ended, one never begins", Standing(listed=True, relisted=True, finished=LONG, unstarted=True), True),
    ("running, nothing to read yet", Standing(listed=True), False),
    ("running and read", Standing(listed=True, reading=2), False),
    ("running, all that is meant has ended well", Standing(listed=True, quiet=NOW, done=True), True),
    ("running, all that is meant has ended, another try may come", Standing(listed=True, quiet=SOON), False),
    ("running, no other try has come", Standing(listed=True, quiet=LONG), True),
    ("running, ended, its log still read", Standing(listed=True, quiet=LONG, done=True, reading=1, closing=1), False),
    ("deleted, all read", Standing(listed=True, gone=NOW), True),
    ("deleted, a pod goes on", Standing(listed=True, gone=NOW - ORPHANS + 1, reading=1), False),
    ("deleted, a pod goes on for good", Standing(listed=True, gone=NOW - ORPHANS - 1, reading=1), True),
    ("deleted after its end, a pod goes on", Standing(listed=True, gone=NOW, finished=NOW - ORPHANS - 1, reading=1), True),
]


@pytest.mark.parametrize(("how", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_it_is_over(how: Standing, expected: bool) -> None:
    assert over(how, NOW) is expected


@pytest.mark.parametrize(("how", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_whoever_waits_for_an_event_misses_no_end(how: Standing, expected: bool) -> None:
    """What is not over and cannot be by time alone waits for an event; the others look at the clock."""
    later = over(how, NOW + 10 * ORPHANS)
    assert counting(how) or later == expected
