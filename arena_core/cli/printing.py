"""Lines of logs on stdout: one instance as it is, several each with a coloured prefix."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from arena_core.cli.foreign import log_line
from arena_core.cli.terminal import PALETTE, colour_wanted, paint

if TYPE_CHECKING:
    from arena_core.jobs.views import LogLine


def print_lines(lines: Iterable[LogLine], *, prefixed: bool, raw: bool = False) -> None:
    """Write lines as bytes, so that nothing a program prints is changed; flush at once, somebody is watching.

    With prefixes a last line without newline gets one: the next may come from another instance. On a terminal, unless ``raw``,
    a line may have colours, but not steer it.
    """
    out = sys.stdout.buffer
    colours: dict[str, str] = {}
    wanted = colour_wanted(sys.stdout)
    filtered = not raw and sys.stdout.isatty()
    sys.stdout.flush()
    for line in lines:
        text = log_line(line.text) if filtered else line.text
        if prefixed:
            label = line.source.label or line.source.pod
            code = colours.setdefault(label, PALETTE[len(colours) % len(PALETTE)])
            text = paint(label, code, wanted=wanted).encode() + b" " + (text if text.endswith(b"\n") else text + b"\n")
        out.write(text)
        out.flush()
