"""``arena logs JOB``."""

from __future__ import annotations

from datetime import datetime

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import TYPE, one_name, seconds
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.printing import print_lines
from arena_core.cli.terminal import note
from arena_core.errors import UsageError


def run(context: Context, parsed: Parsed) -> int:
    """Print the log of the chief, of one instance, or of all; with ``-f`` wait for what is still to come."""
    name = one_name(parsed, command="logs")
    _check(parsed)
    since = seconds(parsed, "since")
    everyone = parsed.on("all_instances")
    lines = context.client.logs(
        name,
        job_type=parsed.text("type"),
        instance=parsed.text("instance"),
        container=parsed.text("container"),
        all_instances=everyone,
        previous=parsed.on("previous"),
        follow=parsed.on("follow"),
        tail=parsed.number("tail", -1),
        since_seconds=max(1, round(since)) if since is not None else 0,
        since_time=parsed.text("since_time"),
        timestamps=parsed.on("timestamps"),
        on_wait=lambda why: note(f"waiting: {why}"),
    )
    print_lines(lines, prefixed=everyone)
    return 0


def _check(parsed: Parsed) -> None:
    since_time = parsed.text("since_time")
    if parsed.text("since") and since_time:
        raise UsageError("--since and --since-time exclude each other")
    if parsed.text("instance") and parsed.on("all_instances"):
        raise UsageError("--instance and --all-instances exclude each other")
    if since_time:
        try:
            zone = datetime.fromisoformat(since_time).tzinfo
        except ValueError:
            zone = None
        if zone is None:
            raise UsageError(f"--since-time: {since_time!r} is not a time with a zone", "for example 2026-01-31T12:00:00Z")


COMMAND = Command(
    path="logs",
    summary="print or follow the logs of a job",
    usage="arena logs JOB [flags]",
    details="Without -i it is the log of the chief: the instance whose log matters first.",
    run=run,
    flags=(
        Flag("follow", "go on until the job has ended; waits for what has not started, and says why", short="f", boolean=True),
        Flag("all_instances", "all instances together, each line with its instance", boolean=True, aliases=("all",)),
        Flag("instance", "one instance: its name, or short worker-0", short="i", metavar="NAME", complete="instance", once=True),
        Flag("container", "one container of the instance", short="c", metavar="NAME"),
        Flag("tail", "only the last lines; -1 is all", short="t", integer=True, default="-1"),
        Flag("since", "only what is newer than this (5s, 2m, 3h)", metavar="DURATION"),
        Flag("since_time", "only what is newer than this (RFC 3339)", metavar="TIME"),
        Flag("timestamps", "each line with its time", boolean=True),
        Flag("previous", "the log of the container's run before", boolean=True),
        TYPE,
    ),
    words="job",
)
