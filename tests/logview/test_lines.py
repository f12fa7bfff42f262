"""The lines behind the page: any window, any row, any hit, compared with the plain list that is never made."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena_core.cli.logview import blocks
from arena_core.cli.logview.merged import At
from arena_core.cli.logview.query import Query
from arena_core.cli.logview.stamps import nanoseconds
from arena_core.cli.logview.store import Store
from arena_core.cli.logview.timeline import counts
from arena_core.cli.logview.views import View, Views
from arena_core.contract.errors import UsageError

TEXTS = st.sampled_from(["loss 0.5", "Error: x", "", "ünïcode ÄÖ", "\x1b[31mloss\x1b[0m", "a" * 900, "LOSS", "[rank0]: y", "0"])
LINES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), TEXTS), max_size=120)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few lines, so that a few lines make many blocks."""
    monkeypatch.setattr("arena_core.cli.logview.source.LINES", 4)
    monkeypatch.setattr("arena_core.cli.logview.source.BYTES", 1000)
    monkeypatch.setattr("arena_core.cli.logview.hits.SLAB", 40)


def filled(lines: list[tuple[int, int, str]]) -> tuple[Store, list[tuple[At, bytes]]]:
    """Return a store with these lines (source, time since the last one, text), and all of them as they are to be listed."""
    store, now, plain = Store(), [1] * 4, []
    sources = [store.add_source(0, f"worker-{n}", f"x-worker-{n}") for n in range(4)]
    for number, later, text in lines:
        now[number] += later
        plain.append((At(now[number], number, len(sources[number])), text.encode()))
        store.append(sources[number], [(now[number], text.encode() + b"\n")])
    return store, sorted(plain, key=lambda pair: pair[0])


def harmless(text: bytes) -> bytes:
    return text


@settings(max_examples=60, deadline=None)
@given(LINES, st.integers(0, 130), st.integers(0, 40), st.sets(st.integers(0, 3)))
def test_every_window_and_row_is_that_of_the_sorted_list(lines: list[tuple[int, int, str]], row: int, count: int, chosen: set[int]) -> None:
    store, plain = filled(lines)
    wanted = [pair for pair in plain if pair[0].source in chosen]
    merged = store.all_of(chosen)
    assert len(merged) == len(wanted)
    window = merged.window(row, count)
    assert list(zip(window, store.texts(window), strict=True)) == wanted[row : row + count]
    assert [merged.row(line) for line, _ in wanted] == list(range(len(wanted)))
    for time in {0, *(line.time for line, _ in wanted)}:
        assert merged.since(time) == sum(line.time < time for line, _ in wanted)
    store.close()


@settings(max_examples=120, deadline=None)
@given(
    LINES,
    st.sampled_from(["loss", "LOSS", "o", "", "ä", "[rank0]", "a" * 800, "nowhere"]),
    st.sampled_from(["", "c", "!", "r", "c!", "r!"]),
    st.sampled_from(["", "loss", "0"]),
)
def test_hits_are_those_that_looking_at_each_line_finds(lines: list[tuple[int, int, str]], text: str, marks: str, narrowed: str) -> None:
    store, plain = filled(lines)
    views = Views(store, harmless)
    query = Query(text, "r" in marks, "c" in marks, "!" in marks)

    def has(line: bytes, one: Query) -> bool:
        flags = 0 if one.exact or one.text != one.text.lower() else re.IGNORECASE
        shown = re.sub(r"\x1b\[[0-9;]*m", "", line.decode())
        return bool(re.search(one.text if one.regex else re.escape(one.text), shown, flags)) is not one.inverted

    view = View(None, (Query(narrowed),) if narrowed else ())
    listed = [pair for pair in plain if not narrowed or has(pair[1], Query(narrowed))]
    assert views.rows(view, 0, 500)["total"] == len(listed)
    rows = [row for row, (_, line) in enumerate(listed) if has(line, query)]
    for start in (0, len(listed) // 2, max(len(listed) - 1, 0)):
        found = views.search(view, query, start, 1)
        assert found["count"] == len(rows) and found["done"] == 1
        if rows:
            after = [n for n, row in enumerate(rows) if row >= start]
            expected = after[0] if after else 0
            assert (found["n"], found["row"]) == (expected + 1, rows[expected])
            before = [n for n, row in enumerate(rows) if row < start]
            found = views.search(view, query, start, -1)
            assert found["row"] == rows[before[-1] if before else -1]
    store.close()


def test_hits_grow_with_the_lines() -> None:
    store, _ = filled([(0, 1, "loss 1")] * 10)
    views = Views(store, harmless)
    assert views.search(View(), Query("loss"), 0, 1)["count"] == 10
    store.append(store.sources[1], [(99, b"loss again\n"), (99, b"loss, and not whole yet")])
    assert views.search(View(), Query("loss"), 0, 1)["count"] == 12


def test_dense_searches_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight searches of four million hits each would take half a gigabyte."""
    monkeypatch.setattr("arena_core.cli.logview.views._HITS", 10)
    store, _ = filled([(0, 1, "aab")] * 8)
    views = Views(store, harmless)
    view = View(filters=(Query("a"),))
    for text in ("b", "aa", "ab", "c"):
        views.search(View(), Query(text), 0, 1)
    assert sum(hits.count for hits in views._recent.values()) <= 2 * 8
    first = views.hits(view.filters)
    first.look(1)
    views.search(view, Query("ab"), 0, 1)
    assert views.hits(view.filters) is first, "a view and a search in it are both kept"
    store.close()


def test_a_search_that_takes_long_says_how_far_it_is() -> None:
    store, _ = filled([(0, 1, "loss 1")] * 400)
    views = Views(store, harmless)
    found = views.search(View(), Query("loss"), 0, 1, patience=0)
    assert 0 < found["done"] < 1 and 0 < found["count"] < 400
    while found["done"] < 1:
        found = views.search(View(), Query("loss"), 0, 0, patience=0)
    assert found["count"] == 400


def test_a_progress_bar_is_one_line_as_it_was_last_drawn() -> None:
    store = Store()
    source = store.add_source(0, "m", "m")
    store.append(source, [(1, b"\r 10%|#   |"), (2, b"\r 20%|##  |")])
    assert list(source.open_lines()[0]) == [b" 20%|##  |"] and len(source) == 1
    store.append(source, [(3, b"\r100%|####|\n"), (4, b"done\r\n")])
    assert store.texts(store.all_of().window(0, 9)) == [b"100%|####|", b"done"]


def test_a_line_without_an_end_is_cut_and_nothing_is_lost() -> None:
    store = Store()
    source = store.add_source(0, "m", "m")
    store.append(source, [(1, b"x" * 40_000)] * 4 + [(1, b"\n")])
    texts = store.texts(store.all_of().window(0, 9))
    assert b"".join(texts) == b"x" * 160_000 and max(map(len, texts)) <= 2 * 40_000


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(UsageError, match="not a regular expression"):
        Views(Store(), harmless).search(View(), Query("(", regex=True), 0, 1)


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (b"1970-01-01T00:00:01Z", 10**9),
        (b"1970-01-01T00:00:01.000000001Z", 10**9 + 1),
        (b"1970-01-01T01:00:01.25+01:00", 1_250_000_000),
        (b"1970-01-01T00:00:01.5-00:30", 1801_500_000_000),
        (b"", 0),
        (b"2026-13-45T99:99:99Z", 0),
        (b"not a time at all, not", 0),
    ],
)
def test_times(stamp: bytes, expected: int) -> None:
    assert nanoseconds(stamp) == expected


def test_silences_and_lines_over_time() -> None:
    store, second = Store(), 10**9
    source = store.add_source(0, "m", "m")
    store.append(source, [(n * second, b"x\n") for n in (*range(1, 101), *range(301, 401))])
    assert source.silences == [(100 * second, 301 * second)]
    found = counts(source, second, 400 * second, 4)
    assert sum(found) == 200 and found[0] > 90 and found[3] > 90 and sum(found[1:3]) < 20


def test_blocks_take_little_memory_for_each_line() -> None:
    """What is kept of a block in memory does not grow with its lines."""
    store = Store()
    source = store.add_source(0, "m", "m")
    store.append(source, [(n, b"x" * 50 + b"\n") for n in range(20_000)])
    assert len(source) == 20_000 and len(source.texts) < blocks.LINES
