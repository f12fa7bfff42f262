"""``arena get JOB``."""

from __future__ import annotations

from arena_core.cli import about, views
from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import NO_HEADERS, QUIET, TYPE, note_unread, one_name
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import can_be_watched, output_flag, wants_data, write
from arena_core.cli.terminal import say
from arena_core.contract.errors import ArenaError
from arena_core.kube.resources import EVENTS
from arena_core.typed import TYPE_CHECKING
from arena_core.usecases.unread import is_partial, phrase, sentence

if TYPE_CHECKING:
    from arena_core.cli.shapes.jobs import JobPage
    from arena_core.usecases.crons import Cron
    from arena_core.usecases.views import Job

#: Seconds after which a watched job is looked at though nothing has changed: times go on, and its log.
EVERY = 1.0


def run(context: Context, parsed: Parsed) -> int:
    """Show one job: the block at the top, its instances, what it is, and what was asked for besides."""
    name = one_name(parsed)
    output = parsed.text("output", "wide")
    if parsed.on("watch"):
        can_be_watched(parsed)
        return _watch(context, parsed, name)
    job = context.client.get(name, job_type=parsed.text("type"))
    unread = list(job.unread)
    if output == "name":
        say(job.full_name)
    elif wants_data(parsed):
        write(parsed, _data(context, job, unread))
    else:
        say(_page(context, parsed, job, unread), painted=True)
    note_unread(parsed, sentence(unread))
    return 0


def _watch(context: Context, parsed: Parsed, name: str) -> int:
    """Draw the page at each change until the job has ended, or Ctrl-C."""
    from arena_core.cli.live import Look, watch

    job: Job = context.client.get(name, job_type=parsed.text("type"))

    def look() -> Look:
        nonlocal job
        job = context.client.get(name, job_type=job.job_type)
        unread = list(job.unread)
        page = {"data": _data(context, job, unread)} if wants_data(parsed) else {"text": _page(context, parsed, job, unread)}
        return Look([told] if (told := sentence(unread)) else [], **page)

    return watch(parsed, look, context.client.pulse(job, tick=EVERY), over=lambda: job.status.phase.finished)


def _data(context: Context, job: Job, unread: list[str]) -> JobPage:
    from arena_core.cli import progress

    client = context.client
    served, known = client.endpoints(job), client.about(job)
    unread += served.unread
    # The type checker allows for further keys in a record that we know to have none.
    data: JobPage = {
        **views.as_data(job),  # type: ignore[typeddict-item]
        "roles": about.roles_data(known),
        "labels": dict(known.labels),
        "retries": known.retries,
    }
    if board := served.named(views.TENSORBOARD):
        data["tensorboard"] = board.address
        if board.detail:
            data["tensorboardStatus"] = board.detail
    if served.endpoints:
        data["endpoints"] = [one._asdict() for one in served.endpoints]  # type: ignore[misc]  # the record's own fields
    queue, place = client.place(job)
    if queue:
        data["queue"] = queue
    if place:
        data["place"], data["queueLength"], data["placeOverall"] = place.place, place.length, place.overall
    if course := client.progress([job]).get(job.uid):
        data["progress"] = progress.as_data(course)
    if cron := _cron(context, job):
        from arena_core.cli.commands.crons import pages

        data["cron"] = pages.as_data(cron)
    return data


def _progress(context: Context, job: Job) -> list[tuple[str, str]]:
    from arena_core.cli import progress

    return progress.lines(context.client.progress([job]).get(job.uid))


def _cron(context: Context, job: Job) -> Cron | None:
    """Return when a schedule is due and what it has made; None for what is none."""
    client = context.client
    if client.jobs.get(job.job_type).job_type.workload != "schedule":
        return None
    return client.cron(job.name, job_type=job.job_type)


def _schedule(context: Context, job: Job) -> tuple[list[tuple[str, str]], str]:
    """Return the lines on when a schedule is due, and the table of what it has made; nothing of what is none."""
    cron = _cron(context, job)
    if cron is None:
        return [], ""
    from arena_core.cli.commands.crons import pages

    return pages.times(cron), pages.history(cron)


def _page(context: Context, parsed: Parsed, job: Job, unread: list[str]) -> str:
    from arena_core.cli import jobpage

    client = context.client
    served = client.endpoints(job)
    unread += served.unread
    times, made = _schedule(context, job)
    parts = [
        jobpage.head(job, [*views.queue_lines(*client.place(job)), *_progress(context, job), *times]),
        made,
        jobpage.instances(job, headers=not parsed.on("no_headers")) if job.status.instances or not made else "",
        jobpage.roles(client.about(job)),
        jobpage.gpus(job) if parsed.on("gpus") else "",
        jobpage.tensorboard(served.named(views.TENSORBOARD)),
        jobpage.endpoints([one for one in served.endpoints if one.name != views.TENSORBOARD]),
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
    "get",
    "show one job and its instances",
    run,
    takes="JOB",
    prints="jobs.JobPage",
    flags=(
        TYPE,
        Flag("events", "also show the events of the job and its instances", short="e", boolean=True),
        Flag("gpus", "also show the GPUs of the instances", short="g", boolean=True),
        Flag("watch", "show changes as they come until the job has ended, or Ctrl-C", short="w", boolean=True),
        output_flag("wide", "name"),
        NO_HEADERS,
        QUIET,
    ),
    words="job",
)
