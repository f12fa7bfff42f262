"""``arena logs JOB``."""

from __future__ import annotations

import math
import re

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import TYPE, one_name
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.printing import LinePrinter
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError


def run(context: Context, parsed: Parsed) -> int:
    """Print the log of the chief, of one instance, or of all; with ``-f`` wait for what is still to come."""
    name = one_name(parsed, command="logs")
    _check(parsed)
    since = seconds(parsed, "since")
    everyone = parsed.on("all_instances")
    printer = LinePrinter(prefixed=everyone, raw=parsed.on("raw"))
    lines = context.client.logs(
        name,
        job_type=parsed.text("type"),
        instance=parsed.text("instance"),
        container=parsed.text("container"),
        all_instances=everyone,
        previous=parsed.on("previous"),
        follow=parsed.on("follow"),
        tail=parsed.number("tail", -1),
        since_seconds=math.ceil(since or 0),
        since_time=parsed.text("since_time"),
        timestamps=parsed.on("timestamps"),
        joined=not everyone,
        on_wait=lambda why: note(f"waiting: {why}"),
        on_note=note,
        on_idle=printer.flush,
        on_labels=printer.expect,
    )
    printer.print(lines)
    return 0


def _check(parsed: Parsed) -> None:
    since_time = parsed.text("since_time")
    if parsed.text("since") and since_time:
        raise UsageError("--since and --since-time exclude each other")
    if parsed.text("instance") and parsed.on("all_instances"):
        raise UsageError("--instance and --all-instances exclude each other")
    if since_time and not _is_time(since_time):
        raise UsageError(f"--since-time: {since_time!r} is not a time in RFC 3339 with a zone", "for example 2026-01-31T12:00:00Z")


def _is_time(text: str) -> bool:
    """Whether the API server takes it: Go reads RFC 3339 strictly."""
    from arena_core.k8s.time import parse

    form = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
    return re.fullmatch(form, text) is not None and parse(text) is not None


COMMAND = Command(
    path="logs",
    summary="print or follow the logs of a job",
    usage="arena logs JOB [flags]",
    details="Without -i it prints the log of the chief, the instance whose log matters most.",
    run=run,
    flags=(
        Flag(
            "follow",
            "keep printing until the job has ended; waits for instances that have not started, and says why",
            short="f",
            boolean=True,
        ),
        Flag("all_instances", "all instances, each line prefixed with its instance", boolean=True, aliases=("all",)),
        Flag("instance", "name of one instance, in full or short (worker-0)", short="i", metavar="NAME", complete="instance", once=True),
        Flag("container", "one container of the instance", short="c", metavar="NAME"),
        Flag("tail", "only the last N lines (-1: all)", short="t", integer=True, default="-1"),
        Flag("since", "only lines newer than this (5s, 2m, 3h)", metavar="DURATION"),
        Flag("since_time", "only lines newer than this (RFC 3339)", metavar="TIME"),
        Flag("timestamps", "prefix each line with its time", boolean=True),
        Flag("raw", "on a terminal, also pass on what controls it: titles, cursor moves", boolean=True),
        Flag("previous", "the log of the container's previous run", boolean=True),
        TYPE,
    ),
    words="job",
)
