"""``arena get JOB``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena_core.cli import about, views
from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import NO_HEADERS, QUIET, TYPE, note_unread, one_name, output_flag
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.render import dump_json, dump_yaml
from arena_core.cli.terminal import say
from arena_core.contract.errors import ArenaError, UsageError
from arena_core.kube.resources import EVENTS
from arena_core.usecases.unread import is_partial, phrase, sentence

if TYPE_CHECKING:
    from arena_core.usecases.views import Job

#: Seconds between two looks at a job that is watched.
EVERY = 1.0


def run(context: Context, parsed: Parsed) -> int:
    """Show one job: the block at the top, its instances, what it is, and what was asked for besides."""
    name = one_name(parsed)
    output = parsed.text("output", "wide")
    if parsed.on("watch"):
        if output != "wide":
            raise UsageError(f"-o {output} is one document: it cannot be watched", "leave out --watch")
        return _watch(context, parsed, name)
    job = context.client.get(name, job_type=parsed.text("type"))
    unread = list(job.unread)
    if output == "name":
        say(job.full_name)
    elif output in ("json", "yaml"):
        (dump_json if output == "json" else dump_yaml)(_data(context, job, unread))
    else:
        say(_page(context, parsed, job, unread), painted=True)
    note_unread(parsed, sentence(unread))
    return 0


def _watch(context: Context, parsed: Parsed, name: str) -> int:
    """Draw the page again and again until the job has ended, or Ctrl-C."""
    import time

    from arena_core.cli.live import Screen

    screen = Screen()
    while True:
        job = context.client.get(name, job_type=parsed.text("type"))
        unread = list(job.unread)
        page = _page(context, parsed, job, unread)
        told = sentence(unread)
        screen.show(page + (f"\n\nnote: {told}" if told and not parsed.on("quiet") else ""))
        if job.status.phase.finished:
            return 0
        time.sleep(EVERY)


def _data(context: Context, job: Job, unread: list[str]) -> dict[str, Any]:
    client = context.client
    board, served = client.board(job), client.endpoints(job)
    unread += [*board.unread, *served.unread]
    data = views.as_data(job, tensorboard=board.address, tensorboard_status=board.trouble, endpoints=served.endpoints)
    from arena_core.cli import progress

    told = progress.as_data(client.progress([job]).get(job.uid))
    return {**data, **views.queue_data(*client.place(job)), **about.as_data(client.about(job)), **told}


def _progress(context: Context, job: Job) -> list[tuple[str, str]]:
    from arena_core.cli import progress

    return progress.lines(context.client.progress([job]).get(job.uid))


def _page(context: Context, parsed: Parsed, job: Job, unread: list[str]) -> str:
    from arena_core.cli import jobpage

    client = context.client
    board, served = client.board(job), client.endpoints(job)
    unread += [*board.unread, *served.unread]
    parts = [
        jobpage.head(job, headers=not parsed.on("no_headers"), more=[*views.queue_lines(*client.place(job)), *_progress(context, job)]),
        jobpage.roles(client.about(job)),
        jobpage.gpus(job) if parsed.on("gpus") else "",
        jobpage.tensorboard("" if board.trouble else board.address, board.trouble),
        jobpage.endpoints(served.endpoints),
    ]
    if parsed.on("events"):
        try:
            parts.append(jobpage.events(client.events(job)))
        except ArenaError as error:
            if not is_partial(error):
                raise
            unread.append(phrase(EVENTS, error))
    return "\n\n".join(part for part in parts if part)


COMMAND = Command(
    path="get",
    summary="show one job and its instances",
    usage="arena get JOB [flags]",
    run=run,
    flags=(
        TYPE,
        Flag("events", "also show the events of the job and its instances", short="e", boolean=True),
        Flag("gpus", "also show the GPUs of the instances", short="g", boolean=True),
        Flag("watch", "draw it again every second until the job has ended, or Ctrl-C", short="w", boolean=True),
        output_flag("wide", "json", "yaml", "name"),
        NO_HEADERS,
        QUIET,
    ),
    words="job",
)
