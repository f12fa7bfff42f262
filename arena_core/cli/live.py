"""A view that is drawn again and again: in place on a terminal, one after the other in a pipe, as lines of JSON for a program."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from arena_core.cli.fitting import folded_notes, too_narrow
from arena_core.cli.flags import Parsed
from arena_core.cli.output import line, wants_data, write
from arena_core.cli.terminal import note, say, screen
from arena_core.typed import Any, NamedTuple

#: So many times as long as a look takes is waited before the next: changes that never end must not fill a processor.
PAUSE = 2.0
#: What is no change: time goes on by itself.
_TIMES = frozenset(["age", "duration"])


class Look(NamedTuple):
    """What is seen at one moment: notes, and either a text with the columns that did not fit, or data."""

    notes: Sequence[str] = ()
    text: str = ""
    gone: Sequence[str] = ()
    data: Any = None


def show_once(parsed: Parsed, look: Look) -> int:
    """Print a look; notes go to stderr."""
    if not write(parsed, look.data):
        say(look.text, painted=True)
    for one in _notes(parsed, look):
        note(one)
    return 0


def _notes(parsed: Parsed, look: Look) -> list[str]:
    """Return what is to be said beside a look, unless that is not wanted."""
    notes = [*look.notes, *([too_narrow(look.gone)] if look.gone else [])]
    return [] if parsed.on("quiet") else [f"note: {text}" for text in notes]


def watch(parsed: Parsed, look: Callable[[], Look], pulse: Iterable[object], over: Callable[[], bool] = lambda: False) -> int:
    """Look at each beat of the pulse, until Ctrl-C or until it is over."""

    def looks() -> Iterator[Look]:
        for _ in pulse:
            began = time.monotonic()
            yield look()
            if over():
                break
            time.sleep(PAUSE * (time.monotonic() - began))

    return draw(parsed, looks())


def draw(parsed: Parsed, looks: Iterable[Look]) -> int:
    """Draw each look in place of the one before; notes stand below what is drawn."""
    drawn, lines = Screen(), Lines()
    for seen in looks:
        if wants_data(parsed):
            lines.show(seen.data)
        else:
            drawn.show("\n".join([seen.text, *folded_notes(_notes(parsed, seen))]))
    return 0


def rows_seen(below: int = 0) -> int | None:
    """Return how many rows of a table can be seen at most on this terminal, with lines below it; None in a pipe, where all are."""
    return max(1, screen(80, 24)[1] - 4 - below) if sys.stdout.isatty() else None


class Lines:
    """Prints what has changed as lines of JSON."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[Any, str]] = {}

    def show(self, data: Any) -> None:
        """Print the elements that are new or differ in more than times; one that is the very same object is not looked at."""
        shown: dict[str, tuple[Any, str]] = {}
        for one in data if isinstance(data, list) else [data]:
            key = f"{one.get('namespace')}/{one.get('name')}/{one.get('uuid')}"
            last, text = self._last.get(key, (None, ""))
            shown[key] = (one, text) if last is one else (one, line(_lasting(one)))
            if text != shown[key][1]:
                say(line(one), painted=True)
        self._last = shown
        sys.stdout.flush()


def _lasting(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _lasting(value) for key, value in data.items() if key not in _TIMES}
    return [_lasting(one) for one in data] if isinstance(data, list) else data


class Screen:
    """Draws texts over each other. ``rows`` keeps what fits: what is above it could not be drawn over any more."""

    def __init__(self) -> None:
        self._drawn = 0
        self._last: str | None = None
        self.terminal = sys.stdout.isatty()

    def show(self, text: str) -> None:
        """Draw a text in place of the one before; in a pipe only one that differs, after an empty line."""
        if not self.terminal:
            if text != self._last:
                sys.stdout.write(("\n" if self._last is not None else "") + text + "\n")
                sys.stdout.flush()
            self._last = text
            return
        lines = self._cut(text.split("\n"))
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        # Each line is cleared behind its end, and what was drawn below is cleared at last: nothing flickers.
        sys.stdout.write(f"\r{up}" + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J")
        sys.stdout.flush()
        self._drawn = len(lines)

    @staticmethod
    def _cut(lines: list[str]) -> list[str]:
        columns, height = screen(80, 24)
        most = max(3, height - 2)
        if len(lines) > most:
            lines = [*lines[: most - 1], f"... {len(lines) - most + 1} more lines; a taller terminal shows them"]
        return [clipped(line, columns) for line in lines]


def clipped(line: str, columns: int) -> str:
    """Return the line cut to so many letters, colours not counted: one that wraps would be drawn over wrongly. A mark shows the cut."""
    if len(line) <= columns or _letters(line) <= columns:
        return line
    found, seen, at = [], 0, 0
    while at < len(line) and seen < columns - 1:
        if line[at] == "\x1b":
            end = line.find("m", at) + 1 or len(line)
            found.append(line[at:end])
            at = end
        else:
            found.append(line[at])
            seen, at = seen + 1, at + 1
    return "".join(found) + "…" + ("\x1b[0m" if "\x1b" in line else "")


def _letters(line: str) -> int:
    """Return how many letters a line has, without its colours."""
    import re

    return len(re.sub(r"\x1b\[[0-9;]*m", "", line))
