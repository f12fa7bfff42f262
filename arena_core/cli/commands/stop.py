"""``arena stop JOB...``."""

from __future__ import annotations

from arena_core.cli.boundary import show
from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import TIMEOUT, TYPE, check_names
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import note
from arena_core.contract.errors import ArenaError, UsageError


def run(context: Context, parsed: Parsed) -> int:
    """Stop each job, and say what that meant; one that cannot be stopped does not keep the others running."""
    if not parsed.args:
        raise UsageError("which job? `arena stop JOB...`", "`arena list` shows the jobs")
    names = list(dict.fromkeys(parsed.args))
    check_names(names)
    timeout, worst = seconds(parsed), 0
    for name in names:
        try:
            _stop(context, parsed, name, timeout)
        except ArenaError as error:
            show(error)
            worst = error.exit_code
    return worst


def _stop(context: Context, parsed: Parsed, name: str, timeout: float | None) -> None:
    done = context.client.stop(name, job_type=parsed.text("type"), suspend_only=parsed.on("suspend"), timeout=timeout)
    job = done.job
    if done.how == "suspended":
        note(f"{job.job_type} {job.name} was suspended; `arena resume {job.name}` lets it start anew")
    elif done.how == "deleted":
        note(f"{job.job_type} {job.name} was deleted, since {done.why}")
    else:
        note(f"{job.job_type} {job.name} had ended already: it is {job.status.phase}")


COMMAND = Command(
    "stop",
    "stop jobs: suspend those that can be suspended, delete the others",
    run,
    takes="JOB...",
    details="It is said which of the two was done. A job that a queue admits is deleted: the queue would let a suspended one run again.",
    flags=(TYPE, Flag("suspend", "suspend only; leave a job alone that cannot be suspended", boolean=True), TIMEOUT),
    words="jobs",
)
