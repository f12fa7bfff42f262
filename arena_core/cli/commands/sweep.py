"""``arena sweep NAME``: what came of the jobs of a sweep."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import NO_HEADERS, TYPE, one_name
from arena_core.cli.flags import Parsed
from arena_core.cli.output import output_flag


def run(context: Context, parsed: Parsed) -> int:
    """Show the table; how the jobs ended is no matter of the exit code here."""
    from arena_core.cli.sweeptable import show

    show(context, parsed, one_name(parsed, "sweep", "sweep"), parsed.text("type"))
    return 0


COMMAND = Command(
    "sweep",
    "show what came of the jobs of a sweep, with their last figures",
    run,
    takes="NAME",
    details="NAME is that of `arena submit ... --name NAME --sweep ...`. Figures are those that the end of the log of each job tells.",
    flags=(TYPE, output_flag("wide"), NO_HEADERS),
    prints="history.SweepJob[]",
    words="sweep",
)
