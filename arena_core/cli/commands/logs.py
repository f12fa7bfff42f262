"""``arena logs JOB``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import CONTAINER, INSTANCE, TYPE, one_name, selector_of
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.inactive import INACTIVE, ON_INACTIVE, inactive_of
from arena_core.cli.loglines import chosen, picked, print_data, ranks
from arena_core.cli.output import output_flag, wants_data
from arena_core.cli.printing import LinePrinter
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import note
from arena_core.contract.errors import NotFound, UsageError
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.client.handles import JobLike
    from arena_core.usecases.views import LogLine


def run(context: Context, parsed: Parsed) -> int:
    """Print the log of the chief, of one instance, of some or all, or of several jobs; with ``-f`` wait for what is still to come."""
    keep = picked(parsed)
    _check(parsed)
    if "selector" in parsed.values:
        return _several(context, parsed, keep)
    name = one_name(parsed, command="logs")
    if parsed.on("first_error"):
        return _first_error(context, parsed, name)
    wanted = _of_ranks(context, parsed, name)
    everyone = parsed.on("all_instances") or wanted is not None
    printer = LinePrinter(prefixed=everyone, raw=parsed.on("raw"))
    told = [] if wanted is None else sorted(wanted)
    inactive = inactive_of(parsed)

    def lines() -> Iterable[LogLine]:
        found = _read(context, parsed, name, everyone, printer.flush, (lambda labels: printer.expect(told)) if told else printer.expect)
        return found if wanted is None else (line for line in found if line.source.pod in wanted or line.instance in wanted)

    if inactive is None:
        _print(parsed, printer, keep(lines()), name)
    else:
        from arena_core.cli.silence import Reaction, Watched, heard

        job = Watched(context.client, name, parsed.text("type"))
        with Reaction(context, parsed, name, parsed.text("type")) as react, heard(job, name, inactive, lines(), react) as all_lines:
            _print(parsed, printer, keep(all_lines), name)
    return 0


def _print(parsed: Parsed, printer: LinePrinter, lines: Iterable[LogLine], name: str) -> None:
    if wants_data(parsed):
        print_data(parsed, lines, name)
    else:
        printer.print(lines)


def _read(
    context: Context,
    parsed: Parsed,
    name: JobLike,
    everyone: bool,
    on_idle: Callable[[], None] = lambda: None,
    on_labels: Callable[[Sequence[str]], None] = lambda labels: None,
) -> Iterator[LogLine]:
    since = seconds(parsed, "since")
    return context.client.logs(
        name,
        job_type=parsed.text("type") if isinstance(name, str) else "",
        instance=parsed.text("instance"),
        container=parsed.text("container"),
        all_instances=everyone,
        previous=parsed.on("previous"),
        follow=parsed.on("follow"),
        tail=parsed.number("tail", -1),
        since_seconds=math.ceil(since or 0),
        since_time=parsed.text("since_time"),
        timestamps=parsed.on("timestamps"),
        # A pattern and an object of JSON are for single lines; of several logs lines are in the order of time, but where they are followed.
        joined=(not everyone or parsed.on("follow")) and not _BY_LINE & parsed.values.keys(),
        on_wait=lambda why: note(f"waiting: {why}"),
        on_note=note,
        on_idle=on_idle,
        on_labels=on_labels,
    )


#: What looks at single lines.
_BY_LINE = {"include", "exclude", "highlight", "output", "selector"}


def _of_ranks(context: Context, parsed: Parsed, name: str) -> frozenset[str] | None:
    """Return the names of the instances whose ranks are asked for, None where none are."""
    if "rank" not in parsed.values:
        return None
    ranks(parsed.text("rank"))
    job = context.client.get(name, job_type=parsed.text("type"))
    return chosen(parsed.text("rank"), [instance.short_name for instance in job.status.instances])


def _several(context: Context, parsed: Parsed, keep: Callable[[Iterable[LogLine]], Iterator[LogLine]]) -> int:
    """Print the logs of all jobs with these labels, each line with its job and its instance."""
    from arena_core.cli.manylogs import ManyLogs

    jobs = context.client.list(job_type=parsed.text("type"), selector=selector_of(parsed)).jobs
    if not jobs:
        raise NotFound(f"no job has the labels {parsed.text('selector')}", "`arena list` shows the jobs")
    everyone = not parsed.text("instance")
    many = ManyLogs(jobs, lambda job: _read(context, parsed, job, everyone))
    lines = keep(many.together() if parsed.on("follow") else many.one_by_one())
    if wants_data(parsed):
        print_data(parsed, lines)
    else:
        printer = LinePrinter(prefixed=True, raw=parsed.on("raw"))
        printer.expect([f"{job.name}/{i.short_name}" for job in jobs for i in job.status.instances])
        printer.print(lines)
    if many.failed is not None:
        raise many.failed
    return 0


def _first_error(context: Context, parsed: Parsed, name: str) -> int:
    """Print the earliest traceback or error among all instances, with the instance that wrote it."""
    from arena_core.cli.foreign import plain
    from arena_core.usecases.firsterror import first_error

    found = first_error(_read(context, parsed, name, everyone=True))
    if found is None:
        note("no error was found in the logs")
        return 0
    when = found.first.stamp.decode("ascii", "replace")
    note(f"{plain(found.first.instance)}{f' at {when}' if when else ''}:")
    if wants_data(parsed):
        print_data(parsed, found.lines, name)
    else:
        LinePrinter(prefixed=False, raw=parsed.on("raw")).print(found.lines)
    return 0


def _check(parsed: Parsed) -> None:
    since_time = parsed.text("since_time")
    if parsed.text("since") and since_time:
        raise UsageError("--since and --since-time exclude each other")
    if parsed.text("instance") and parsed.on("all_instances"):
        raise UsageError("--instance and --all-instances exclude each other")
    chooses = [flag for flag in ("instance", "all_instances", "rank") if flag in parsed.values]
    if len(chooses) > 1 and "rank" in chooses:
        raise UsageError("--rank and --instance or --all-instances exclude each other")
    if parsed.on("first_error") and (parsed.on("follow") or "selector" in parsed.values or chooses):
        raise UsageError(
            "--first-error looks through all instances of one job, as far as they have written", "leave out -f, -l, -i, --rank"
        )
    if "selector" in parsed.values and ("rank" in chooses or parsed.args):
        raise UsageError("-l prints the logs of several jobs: it takes neither a name nor --rank", "`arena logs -l team=a`")
    if "inactive" in parsed.values and (not parsed.on("follow") or "selector" in parsed.values):
        raise UsageError("--inactive is for one job that is followed", "add -f")
    if since_time and not _is_time(since_time):
        raise UsageError(f"--since-time: {since_time!r} is not a time in RFC 3339 with a zone", "for example 2026-01-31T12:00:00Z")


def _is_time(text: str) -> bool:
    """Whether the API server takes it: Go reads RFC 3339 strictly."""
    from arena_core.k8s.time import parse

    form = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
    return re.fullmatch(form, text) is not None and parse(text) is not None


COMMAND = Command(
    "logs",
    "print or follow the logs of a job",
    run,
    takes="JOB",
    details="Without -i it prints the log of the chief, the instance whose log matters most.",
    prints="small.LogLine",
    flags=(
        Flag(
            "follow",
            "keep printing until the job has ended; waits for instances that have not started, and says why",
            short="f",
            boolean=True,
        ),
        Flag("all_instances", "all instances, each line prefixed with its instance", boolean=True, aliases=("all",)),
        INSTANCE,
        Flag("rank", "only these: 0,7-9 counts through the instances as `arena get` lists them", metavar="RANKS"),
        Flag("selector", "of all jobs with these labels (a=b,c!=d,e)", short="l", metavar="LABELS"),
        Flag("include", "only lines that match this regular expression", metavar="PATTERN", repeat=True),
        Flag("exclude", "no lines that match this regular expression", metavar="PATTERN", repeat=True),
        Flag("highlight", "mark what matches this regular expression", metavar="PATTERN", repeat=True),
        Flag("first_error", "only the earliest traceback or error among all instances, and whose it is", boolean=True),
        output_flag("text", text="output format; of data each line is an object of its own, that -f can go on"),
        CONTAINER,
        Flag("tail", "only the last N lines (-1: all)", short="t", integer=True, default="-1"),
        Flag("since", "only lines newer than this (5s, 2m, 3h)", metavar="DURATION"),
        Flag("since_time", "only lines newer than this (RFC 3339)", metavar="TIME"),
        Flag("timestamps", "prefix each line with its time", boolean=True),
        Flag("raw", "on a terminal, also pass on what controls it: titles, cursor moves", boolean=True),
        INACTIVE,
        ON_INACTIVE,
        Flag("previous", "the log of the container's previous run", boolean=True),
        TYPE,
    ),
    words="job",
)
