"""``arena resume JOB``."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import TYPE, one_name
from arena_core.cli.flags import Parsed
from arena_core.cli.terminal import note


def run(context: Context, parsed: Parsed) -> int:
    """Let it run."""
    job = context.client.resume(one_name(parsed, command="resume"), job_type=parsed.text("type"))
    note(f"{job.job_type} {job.name} is no longer suspended")
    return 0


COMMAND = Command("resume", "let a suspended job run", run, usage="arena resume JOB", flags=(TYPE,), words="job")
