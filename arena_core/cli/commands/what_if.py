"""``arena what-if JOB``."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import TYPE, one_name
from arena_core.cli.flags import Parsed
from arena_core.cli.output import output_flag


def run(context: Context, parsed: Parsed) -> int:
    """Say when a job that waits will start."""
    from arena_core.cli.foreseen import show

    job = context.client.get(one_name(parsed, command="what-if"), job_type=parsed.text("type"))
    return show(parsed, context.client.foresee(job))


COMMAND = Command(
    "what-if",
    "say when a job that waits will start, and behind whom",
    run,
    takes="JOB",
    details="Nodes, pods and queues are read as far as you may, and a copy of the cluster in memory is let run on: nothing is written. "
    "Times are guesses, from the jobs' own limits and from what jobs of that name have taken. `arena submit ... --what-if` asks the "
    "same of a job that is not submitted yet.",
    prints="small.Foreseen",
    flags=(TYPE, output_flag("wide")),
    words="job",
)
