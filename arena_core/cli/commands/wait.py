"""``arena wait JOB``."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import TIMEOUT, TYPE, one_name
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.seconds import seconds
from arena_core.cli.waiting import wait_for

GOALS = ("finished", "succeeded", "running", "ready", "failed", "deleted")


def run(context: Context, parsed: Parsed) -> int:
    """Wait; 0 when the state is reached, 20 when the job has failed instead, 124 after the time-out."""
    return wait_for(context, one_name(parsed, command="wait"), parsed.text("for"), parsed.text("type"), seconds(parsed))


FOR = Flag("for", "what to wait for: without it the end, of a service that it is ready", choices=GOALS, metavar="STATE")
COMMAND = Command(
    path="wait",
    summary="wait until a job reaches a state",
    usage="arena wait JOB [flags]",
    details="Exit codes: 0 the state was reached, 20 the job failed, 124 it timed out.",
    run=run,
    flags=(
        FOR,
        TIMEOUT,
        TYPE,
    ),
    words="job",
)
