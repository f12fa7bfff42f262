"""Tables that fit the terminal: unimportant columns give way, then the longest texts are cut with a mark; in a pipe all is there."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from arena_core.cli.foreign import one_line
from arena_core.cli.terminal import screen

Rows = Sequence[Sequence[str]]
#: What is cut keeps at least so much.
_LEAST_WIDTH = 12
_MARK = "…"
#: A text that is folded gets at least so much.
_TEXT = 36


def room(less: int = 0) -> int:
    """Return how many columns of letters there are to fill, ``less`` those of an indent; 0 for as many as it takes (a pipe, a file)."""
    return max(1, screen(80, 24)[0] - less) if sys.stdout.isatty() else 0


def too_narrow(gone: Sequence[str]) -> str:
    """Say which columns were left out."""
    return f"too narrow for {', '.join(gone)}; a wider terminal or a pipe shows them"


def width_of(rows: Rows) -> int:
    """Return how wide a table of these rows is."""
    widths = _widths(rows)
    return sum(widths) + 2 * max(0, len(widths) - 1)


def _widths(rows: Rows) -> list[int]:
    columns = max((len(row) for row in rows), default=0)
    return [max((len(one_line(str(row[i]))) for row in rows if i < len(row)), default=0) for i in range(columns)]


def fitted(rows: Rows, least: Sequence[str], width: int) -> tuple[Rows, list[str]]:
    """Return the rows without those columns of ``least`` (the least important first) that do not fit, and the names of these.

    The first row is the header. A column in which nothing is known gives way before all others. If what is left is still too wide,
    the widest texts are cut, with a mark.
    """
    gone: list[str] = []
    empty = [name for name in least if name in rows[0] and _says_nothing(rows, list(rows[0]).index(name))] if rows else []
    for name in dict.fromkeys([*empty, *least]):
        if not width or width_of(rows) <= width or not rows:
            break
        if name in rows[0]:
            at = list(rows[0]).index(name)
            rows = [[*row[:at], *row[at + 1 :]] for row in rows]
            gone.append(name)
    return (_cut(rows, width) if width and width_of(rows) > width else rows), gone


def _cut(rows: Rows, width: int) -> Rows:
    """Return the rows with the widest columns narrowed until they fit; a name is cut at last, in its middle, where names are alike."""
    limits = _widths(rows)
    while sum(limits) + 2 * (len(limits) - 1) > width:
        widest = max(range(len(limits)), key=lambda i: limits[i])
        if limits[widest] <= _LEAST_WIDTH:
            break
        limits[widest] -= 1
    return [[_shortened(str(cell), limits[i]) for i, cell in enumerate(row)] for row in rows]


def _shortened(text: str, width: int) -> str:
    """Return a text with its middle left out: names of one family differ at their ends.

    >>> _shortened("a-very-long-name-of-a-job-17", 13)
    'a-very…job-17'
    """
    if len(text) <= width:
        return text
    kept = width - len(_MARK)
    return text[: kept - kept // 2] + _MARK + text[len(text) - kept // 2 :]


def folded(rows: Rows, width: int) -> Rows:
    """Return the rows with the text of the last column, which is never cut, on as many lines as it takes."""
    if not width or not rows or width_of(rows) <= width:
        return rows
    import textwrap

    before: Rows = [row[:-1] for row in rows]
    last = [row[-1] for row in rows]
    left = max(min(_TEXT, max(len(one_line(text)) for text in last)), width - width_of(before) - 2)
    before = _cut(before, width - left - 2)
    found: list[Sequence[str]] = []
    for cells, text in zip(before, last, strict=True):
        first, *more = textwrap.wrap(one_line(text), left, break_long_words=False, break_on_hyphens=False) or [""]
        found += [[*cells, first], *([*[""] * len(cells), part] for part in more)]
    return found


def folded_notes(notes: Sequence[str]) -> list[str]:
    """Return notes on as many lines as they take where lines are cut at the terminal's width."""
    import textwrap

    width = room()
    return [part for text in notes for part in (textwrap.wrap(text, width, subsequent_indent="  ") if width else [text])]


def _says_nothing(rows: Rows, at: int) -> bool:
    return all(row[at] in ("N/A", "-", "") for row in rows[1:] if at < len(row))
