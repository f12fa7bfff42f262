"""``arena wait JOB``."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import SELECTOR, TIMEOUT, TYPE, check_names, selector_of
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.inactive import INACTIVE, ON_INACTIVE, inactive_of
from arena_core.cli.seconds import seconds
from arena_core.cli.waiting import wait_for
from arena_core.contract.errors import NotFound, UsageError

GOALS = ("finished", "succeeded", "running", "ready", "failed", "deleted")


def run(context: Context, parsed: Parsed) -> int:
    """Wait; 0 when the state is reached, 20 when the job has failed instead, 124 after the time-out."""
    goal, timeout, selector = parsed.text("for"), seconds(parsed), selector_of(parsed)
    names = list(dict.fromkeys(parsed.args))
    check_names(names)
    if names and selector:
        raise UsageError("either names or -l, not both", "`arena list -l LABELS` shows which jobs have them")
    inactive = inactive_of(parsed)
    if len(names) == 1:
        if inactive is None:
            return wait_for(context, names[0], goal, parsed.text("type"), timeout)
        from arena_core.cli.silence import Reaction, Watched, looked_at

        kind = parsed.text("type")
        job = Watched(context.client, names[0], kind)
        with Reaction(context, parsed, names[0], kind) as react, looked_at(job, names[0], inactive, react):
            return wait_for(context, names[0], goal, parsed.text("type"), timeout)
    if inactive is not None:
        raise UsageError("--inactive is for one job", "`arena wait NAME --inactive 10m`")
    if not names and not selector:
        raise UsageError("which job? `arena wait NAME...`, or -l LABELS", "`arena list` shows the jobs")
    from arena_core.cli.waitmany import MOST, wait_for_many

    jobs = names or context.client.list(job_type=parsed.text("type"), selector=selector).jobs
    if not jobs and goal != "deleted":
        raise NotFound(f"no job has the labels {selector}", "`arena list` shows the jobs")
    if len(jobs) > MOST:
        raise UsageError(f"{len(jobs)} jobs are too many to wait for at once: {MOST} at most", "choose some with -l, or by name")
    return wait_for_many(context, jobs, goal, parsed.text("type"), timeout, any_of_them=parsed.on("any"))


FOR = Flag("for", "what to wait for: without it the end, of a service that it is ready", choices=GOALS, metavar="STATE")
COMMAND = Command(
    "wait",
    "wait until a job reaches a state",
    run,
    usage="arena wait JOB... [flags]\n  arena wait -l LABELS [flags]",
    details="Of several jobs all are waited for, with --any the first. Exit codes: 0 the state was reached, 20 a job failed (with --any: "
    "all did), 124 it timed out.",
    flags=(
        FOR,
        Flag("any", "return when one of the jobs is there", boolean=True),
        SELECTOR,
        TIMEOUT,
        INACTIVE,
        ON_INACTIVE,
        TYPE,
    ),
    words="jobs",
)
