"""Words to people: results on stdout, everything else on stderr, colours only where they can be seen."""

from __future__ import annotations

import os
import sys
from typing import TextIO

#: Colours of the prefixes of instances, in turn.
PALETTE = ("36", "33", "32", "35", "34", "96", "93", "92", "95", "94")
#: Colour of a phase in tables.
PHASES = {"RUNNING": "32", "SUCCEEDED": "32", "FAILED": "31", "PENDING": "33", "QUEUING": "33", "SUSPENDED": "33"}


def say(text: str) -> None:
    """Write a result to stdout."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def note(text: str) -> None:
    """Tell the user something that is not the result: stderr, so that pipes stay clean."""
    sys.stdout.flush()
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def colour_wanted(stream: TextIO) -> bool:
    """Whether to colour: a terminal that can, and nobody said NO_COLOR (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def paint(text: str, code: str, *, wanted: bool) -> str:
    """``text`` in the colour ``code``, if colours are wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if wanted and code else text
