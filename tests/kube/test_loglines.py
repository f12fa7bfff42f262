"""Joined lines are the same bytes as lines one by one, however the log is cut into pieces."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from arena_core.kube.loglines import MAX_LINE, Lines

STAMP = b"2026-01-31T12:00:00.123456789Z "
texts = st.one_of(st.binary(max_size=6), st.sampled_from([b"", b"x" * 20, STAMP + b"again", b"2026-01-31T", b"\r"]))
entries = st.lists(st.tuples(st.booleans(), texts.map(lambda text: text.replace(b"\n", b" "))), max_size=12)


@given(entries, st.lists(st.integers(0, 400), max_size=6), st.booleans(), st.booleans())
def test_joined_lines_are_the_same_bytes(rows: list[tuple[bool, bytes]], places: list[int], timestamps: bool, whole: bool) -> None:
    data = b"".join((STAMP if stamped else b"") + text + b"\n" for stamped, text in rows)
    data = data if whole else data[:-1]
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    # A log is never cut within a timestamp.
    marks = [mark for mark in marks if not any(data[mark - n : mark - n + len(STAMP)] == STAMP for n in range(1, len(STAMP)) if mark >= n)]
    plain, joined = Lines(timestamps), Lines(timestamps, joined=True)
    one, other, steps = b"", b"", 0
    for begin, end in itertools.pairwise(marks):
        one += b"".join(text for _, text in plain.feed(data[begin:end]))
        found = joined.feed(data[begin:end])
        other += b"".join(text for _, text in found)
        steps += len(found)
        assert one == other and plain.waiting == joined.waiting
    assert one + b"".join(text for _, text in plain.flush()) == other + b"".join(text for _, text in joined.flush())


def test_what_came_together_is_one() -> None:
    lines = Lines(False, joined=True)
    assert lines.feed(STAMP + b"a\n" + STAMP + b"b\n" + STAMP + b"c") == [(STAMP[:-1], b"a\nb\n")]
    assert lines.feed(b"c\n" + STAMP + b"d\n" + STAMP + b"e\n") == [(STAMP[:-1], b"cc\n"), (STAMP[:-1], b"d\ne\n")]
    assert lines.feed(STAMP + b"f\nunstamped\n") == [(STAMP[:-1], b"f\n"), (STAMP[:-1], b"unstamped\n")]
    assert [len(text) for _, text in lines.feed(STAMP + b"x" * (MAX_LINE + 1))] == [MAX_LINE + 1]
