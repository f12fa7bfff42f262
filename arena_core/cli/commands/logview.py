"""``arena logview JOB...``."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import TYPE, check_names, selector_of
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import browse, note, say
from arena_core.contract.errors import NotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arena_core.history.store import KeptLog
    from arena_core.usecases.views import Job


def run(context: Context, parsed: Parsed) -> int:
    """Serve the page, open it in the browser, and stay until Ctrl-C."""
    selected = "selector" in parsed.values
    if bool(parsed.args) == selected:
        raise UsageError("which job? `arena logview NAME...`, or -l LABELS", "`arena list` shows the jobs")
    check_names(parsed.args)
    port, since = parsed.number("port", 0), seconds(parsed, "since")
    if not 0 <= port < 65536:
        raise UsageError(f"--port: {port} is not a port", "leave it out for a free one")
    jobs, kept = _jobs(context, parsed)
    from arena_core.cli.logview.page import Page

    page = Page(context.client, jobs, port, kept)
    page.start(tail=parsed.number("tail", -1), since_seconds=math.ceil(since or 0))
    try:
        say(page.server.address, painted=True)
        import sys

        sys.stdout.flush()
        if not parsed.on("no_open"):
            browse(page.server.ticket())
        note("Ctrl-C ends it")
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        page.close()
    return 0


def _jobs(context: Context, parsed: Parsed) -> tuple[Sequence[Job], Mapping[int, Sequence[KeptLog]]]:
    """The jobs, and by place what the history kept of the logs of those that are gone."""
    job_type = parsed.text("type")
    if not parsed.args:
        found = context.client.list(job_type=job_type, selector=selector_of(parsed)).jobs
        if not found:
            raise NotFound(f"no job has the labels {parsed.text('selector')}", "`arena list` shows the jobs")
        return found, {}
    jobs: list[Job] = []
    kept: dict[int, Sequence[KeptLog]] = {}
    for name in dict.fromkeys(parsed.args):
        try:
            jobs.append(context.client.get(name, job_type=job_type))
        except NotFound:
            from arena_core.cli.commands.past import shown

            past = shown.find(name, context.namespace)
            if past is None or not any(log.lines for log in past.logs):
                raise
            kept[len(jobs)] = past.logs
            jobs.append(past.job)
    return jobs, kept


COMMAND = Command(
    "logview",
    "show the logs of jobs in the browser",
    run,
    takes="JOB...",
    details="It serves a page on this machine: a time line with a row for each instance, the logs of all or some of them, search and "
    "filter, and beside it the state of the job, its events and figures. Only this machine can open it, and it changes nothing; "
    "Ctrl-C ends it.",
    flags=(
        Flag("no_open", "only print the address", boolean=True, aliases=("no-browser",)),
        Flag("port", "the port on this machine; a free one without it", integer=True, metavar="PORT"),
        Flag("selector", "of all jobs with these labels (a=b,c!=d,e)", short="l", metavar="LABELS"),
        Flag("tail", "only the last N lines of each instance (-1: all)", short="t", integer=True, default="-1"),
        Flag("since", "only lines newer than this (5s, 2m, 3h)", metavar="DURATION"),
        TYPE,
    ),
    words="jobs",
)
