"""A table on a narrow terminal: columns give way in the stated order, texts are cut with a mark, what is folded is whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from arena_core.cli.fitting import fitted, folded, width_of
from arena_core.cli.live import clipped

CELLS = st.text("abcXYZ019-./:,()", max_size=60)
WORDS = st.lists(st.text("abcdefgh", min_size=1, max_size=12), max_size=12).map(" ".join)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5), st.integers(0, 120))
def test_it_fits_and_nothing_is_lost_without_a_sign(cells, width):
    rows = [("NAME", "WHAT", "NODE"), *cells]
    shown, gone = fitted(rows, ("NODE", "WHAT"), width)
    assert gone == ["NODE", "WHAT"][: len(gone)] or all(not row[1] or row[1] in ("-", "N/A") for row in cells)
    assert [name for name in rows[0] if name not in gone] == list(shown[0])
    if not width or width_of(rows) <= width:
        assert shown == rows and not gone
        return
    kept = [n for n, name in enumerate(rows[0]) if name not in gone]
    for row, before in zip(shown, rows, strict=True):
        assert all(cell == before[n] or ("…" in cell and len(cell) < len(before[n])) for cell, n in zip(row, kept, strict=True))
    assert width_of(shown) <= max(width, 12), "names keep 12 letters"


@given(st.lists(st.tuples(WORDS.filter(bool), WORDS), min_size=1, max_size=4), st.integers(50, 120))
def test_what_is_folded_is_whole(cells, width):
    rows = [("SOURCE", "MESSAGE"), *cells]
    shown = folded(rows, width)
    assert width_of(shown) <= width
    assert " ".join(row[-1] for row in shown).split() == " ".join(row[-1] for row in rows).split()


def test_the_end_of_a_name_is_kept():
    rows = [["NAME", "STATUS"], [f"{'experiment-' * 6}17", "RUNNING"]]
    assert fitted(rows, (), 40)[0][1] == ["experiment-expe…t-experiment-17", "RUNNING"]


@given(st.text("ab\x1b[32m", max_size=30), st.integers(2, 20))
def test_a_drawn_line_never_wraps(text, columns):
    import re

    line = re.sub("\x1b(?!\\[32m)", "", text)
    assert len(re.sub(r"\x1b\[[0-9;]*m", "", clipped(line, columns))) <= columns
