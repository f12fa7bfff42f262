"""``arena suspend JOB``."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import TYPE, one_name
from arena_core.cli.flags import Parsed
from arena_core.cli.terminal import note


def run(context: Context, parsed: Parsed) -> int:
    """Suspend it; that it is so already is said, too."""
    job = context.client.suspend(one_name(parsed, command="suspend"), job_type=parsed.text("type"))
    note(f"{job.job_type} {job.name} is suspended; `arena resume {job.name}` lets it start anew")
    return 0


COMMAND = Command("suspend", "suspend a job, so that its instances end", run, usage="arena suspend JOB", flags=(TYPE,), words="job")
