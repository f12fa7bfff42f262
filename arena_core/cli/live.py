"""A view that is drawn again and again: in place on a terminal, one after the other in a pipe."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import NoReturn


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
        columns, height = shutil.get_terminal_size((80, 24))
        most = max(3, height - 2)
        if len(lines) > most:
            lines = [*lines[: most - 1], f"... {len(lines) - most + 1} more lines; a taller terminal shows them"]
        return [clipped(line, columns) for line in lines]


def clipped(line: str, columns: int) -> str:
    """Return the line cut to so many letters, colours not counted: one that wraps would be drawn over wrongly."""
    if len(line) <= columns:
        return line
    found, seen, at = [], 0, 0
    while at < len(line) and seen < columns:
        if line[at] == "\x1b":
            end = line.find("m", at) + 1 or len(line)
            found.append(line[at:end])
            at = end
        else:
            found.append(line[at])
            seen, at = seen + 1, at + 1
    return "".join(found) + ("\x1b[0m" if "\x1b" in line else "")


def repeat(draw: Callable[[], str], seconds: float, sleep: Callable[[float], None] = time.sleep) -> NoReturn:
    """Draw again and again, until Ctrl-C."""
    screen = Screen()
    while True:
        screen.show(draw())
        sleep(seconds)
