"""Tables that fit the terminal: the least important columns give way; in a pipe all are there."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from arena_core.cli.foreign import one_line

Rows = Sequence[Sequence[str]]


def room() -> int:
    """Return how many columns of letters there are to fill; 0 for as many as it takes (a pipe, a file)."""
    return shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 0


def width_of(rows: Rows) -> int:
    """Return how wide a table of these rows is."""
    columns = max((len(row) for row in rows), default=0)
    widths = [max((len(one_line(str(row[i]))) for row in rows if i < len(row)), default=0) for i in range(columns)]
    return sum(widths) + 2 * max(0, columns - 1)


def fitted(rows: Rows, least: Sequence[str], width: int) -> tuple[Rows, list[str]]:
    """Return the rows without those columns of ``least`` (the least important first) that do not fit, and the names of these.

    The first row is the header. A column in which nothing is known gives way before all others.
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
    return rows, gone


def _says_nothing(rows: Rows, at: int) -> bool:
    return all(row[at] in ("N/A", "-", "") for row in rows[1:] if at < len(row))
