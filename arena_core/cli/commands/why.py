"""``arena why JOB``."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import TYPE, one_name
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.render import dump_json
from arena_core.cli.terminal import say


def run(context: Context, parsed: Parsed) -> int:
    """Say why a job is not running, and what to do about it."""
    name = one_name(parsed, command="why")
    job = context.client.get(name, job_type=parsed.text("type"))
    causes = context.client.explain(job)
    if parsed.text("output") == "json":
        found = [{"message": c.message, "hint": c.hint, "object": c.object} for c in causes]
        dump_json({"name": job.name, "namespace": job.namespace, "trainer": job.job_type, "status": str(job.status.phase), "causes": found})
        return 0
    status = job.status
    exact = f" ({status.exact})" if status.exact and status.exact.upper() != status.phase else ""
    say(f"{job.job_type} {job.name} is {status.phase}{exact}")
    for cause in causes:
        say(f"  {cause.object + ': ' if cause.object else ''}{cause.message}")
        if cause.hint:
            say(f"    -> {cause.hint}")
    if not causes:
        say("  " + (": ".join(p for p in (status.reason, status.message) if p) or "nothing stands in its way"))
    return 0


COMMAND = Command(
    path="why",
    summary="say why a job is not running",
    usage="arena why JOB [flags]",
    run=run,
    flags=(TYPE, Flag("output", "output format", short="o", choices=("wide", "json"), default="wide")),
    words="job",
)
