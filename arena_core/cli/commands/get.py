"""``arena get JOB``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from arena_core.cli import views
from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import NO_HEADERS, QUIET, TYPE, note_unread, one_name, output_flag
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.foreign import discreet, plain
from arena_core.cli.render import dump_json, dump_yaml, print_table, ruled, table
from arena_core.cli.terminal import PHASES, colour_wanted, paint, say
from arena_core.contract.errors import ArenaError
from arena_core.k8s import duration, time
from arena_core.kube.resources import EVENTS
from arena_core.usecases.incidents import last_seen
from arena_core.usecases.unread import is_partial, phrase, sentence

if TYPE_CHECKING:
    from arena_core.contract.types import Manifest
    from arena_core.usecases.endpoints import Reachable
    from arena_core.usecases.views import Job


def run(context: Context, parsed: Parsed) -> int:
    """Show one job: the block at the top, its instances, and what was asked for besides."""
    name = one_name(parsed)
    client = context.client
    job = client.get(name, job_type=parsed.text("type"))
    output = parsed.text("output", "wide")
    unread = list(job.unread)
    if output == "name":
        say(job.full_name)
    elif output in ("json", "yaml"):
        board = client.board(job)
        served = client.endpoints(job)
        unread += [*board.unread, *served.unread]
        data = views.as_data(job, tensorboard=board.address, tensorboard_status=board.trouble, endpoints=served.endpoints)
        data |= views.queue_data(*client.place(job))
        (dump_json if output == "json" else dump_yaml)(data)
    else:
        queue, place = client.place(job)
        show(job, headers=not parsed.on("no_headers"), more=views.queue_lines(queue, place))
        if parsed.on("gpus"):
            _gpus(job)
        board = client.board(job)
        unread += board.unread
        _tensorboard("" if board.trouble else board.address, board.trouble)
        served = client.endpoints(job)
        unread += served.unread
        _endpoints(served.endpoints)
        if parsed.on("events"):
            try:
                _events(client.events(job))
            except ArenaError as error:
                if not is_partial(error):
                    raise
                unread.append(phrase(EVENTS, error))
    note_unread(parsed, sentence(unread))
    return 0


def show(job: Job, *, headers: bool = True, more: Sequence[tuple[str, str]] = ()) -> None:
    """Print the block at the top, with further names and values at its end, and the table of instances."""
    _block(job, more)
    _instances(job, headers=headers)


def _block(job: Job, more: Sequence[tuple[str, str]]) -> None:
    rows = [(f"{name}:", value) for name, value in (*views.header_lines(job), *more)]
    width = max(13, *(len(name) + 2 for name, _ in rows))
    wanted = colour_wanted(sys.stdout)
    lines = [f"{name:<{width}}{paint(plain(value), PHASES.get(value, ''), wanted=wanted)}".rstrip() for name, value in rows]
    say(discreet("\n".join(lines)) + "\n\n", painted=True)


def _instances(job: Job, *, headers: bool) -> None:
    say("Instances:")
    rows = views.instance_table(job, headers=headers)
    print_table(ruled(rows) if headers else rows, indent="  ")


def _gpus(job: Job) -> None:
    if not job.requested_gpus or job.status.phase == "SUCCEEDED":
        return
    say("\nGPUs:")
    print_table(ruled([views.GPU_HEADER, *(views.gpu_row(i) for i in job.status.instances)]), indent="  ")
    say(f"\n  Allocated/Requested GPUs of Job: {job.allocated_gpus}/{job.requested_gpus}")


def _tensorboard(url: str, trouble: str) -> None:
    if trouble:
        say(f"\nTensorboard:\n  {trouble}")
    elif url:
        say(f"\nTensorboard:\n  Your tensorboard will be available on: \n  {url}")


def _endpoints(endpoints: Sequence[Reachable]) -> None:
    if endpoints:
        say("\nEndpoints:")
        print_table(ruled([views.ENDPOINT_HEADER, *(views.endpoint_row(one) for one in endpoints)]), indent="  ")


def _events(events: Sequence[Manifest]) -> None:
    say("\nEvents:")
    if not events:
        say("  No events for resources")
        return
    rows = []
    for event in events:
        involved = event.get("involvedObject")
        about = involved if isinstance(involved, dict) else {}
        rows.append(
            (
                f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}",
                str(event.get("type", "")),
                duration.compact(time.seconds_between(last_seen(event))),
                f"[{event.get('reason', '')}] {event.get('message', '')}",
            )
        )
    say(table(ruled([("SOURCE", "TYPE", "AGE", "MESSAGE"), *rows]), indent="  ", colour=colour_wanted(sys.stdout)), painted=True)


COMMAND = Command(
    path="get",
    summary="show one job and its instances",
    usage="arena get JOB [flags]",
    run=run,
    flags=(
        TYPE,
        Flag("events", "also show the events of the job and its instances", short="e", boolean=True),
        Flag("gpus", "also show the GPUs of the instances", short="g", boolean=True),
        output_flag("wide", "json", "yaml", "name"),
        NO_HEADERS,
        QUIET,
    ),
    words="job",
)
