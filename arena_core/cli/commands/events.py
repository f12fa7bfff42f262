"""``arena events JOB``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import NO_HEADERS, TYPE, one_name
from arena_core.cli.fitting import folded, room
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import can_be_watched, output_flag, write, write_now
from arena_core.cli.render import print_table
from arena_core.cli.terminal import say

#: Widths of the first columns of events that come one by one.
_WIDTHS = (36, 8, 5)


def run(context: Context, parsed: Parsed) -> int:
    """Print the events of a job, its pods and what belongs to it, the oldest first; with -w those that come, too."""
    from arena_core.cli.jobpage import EVENT_HEADER, event_row

    name = one_name(parsed, command="events")
    lines = parsed.on("watch") and can_be_watched(parsed)
    job = context.client.get(name, job_type=parsed.text("type"))
    if parsed.on("watch"):
        if not lines and not parsed.on("no_headers"):
            say(_line(EVENT_HEADER))
        for event in context.client.watch_events(job):
            if lines:
                write_now(event)
                continue
            say(_line(event_row(event)))
            sys.stdout.flush()
        return 0
    events = list(context.client.events(job))
    if not write(parsed, events):
        rows: list[Sequence[str]] = [*([] if parsed.on("no_headers") else [EVENT_HEADER]), *map(event_row, events)]
        if rows:
            print_table(folded(rows, room()))
    return 0


def _line(row: Sequence[str]) -> str:
    from arena_core.cli.foreign import one_line

    return "  ".join([*(f"{cell:<{width}}" for cell, width in zip(row, _WIDTHS, strict=False)), one_line(row[-1])])


COMMAND = Command(
    "events",
    "print or follow the events of a job",
    run,
    takes="JOB",
    prints="small.Object[]",
    flags=(
        TYPE,
        Flag("watch", "go on with those that come, until Ctrl-C", short="w", boolean=True),
        output_flag("wide"),
        NO_HEADERS,
    ),
    words="job",
)
