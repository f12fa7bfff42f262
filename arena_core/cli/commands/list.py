"""``arena list``."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence

from arena_core.cli import columns, views
from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import ALL_NAMESPACES, NO_HEADERS, QUIET, SELECTOR, TYPE, note_unread, print_fitted, selector_of
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import can_be_watched, output_flag, wants_data, write
from arena_core.cli.render import print_table
from arena_core.cli.run import current
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import ArenaError, NotFound, UsageError
from arena_core.contract.types import Phase
from arena_core.k8s import time
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.usecases.views import Job

STATUSES = (*(str(phase) for phase in Phase), "TERMINATING")


def run(context: Context, parsed: Parsed) -> int:
    """List jobs, the newest start first; a type that may not be read is named on stderr and the others are listed."""
    everywhere = parsed.on("all_namespaces")
    output = parsed.text("output", "wide")
    picked = picker(parsed)
    columns.chosen(parsed.text("columns"), (), namespaced=everywhere)
    if parsed.on("watch"):
        can_be_watched(parsed)
    if nothing_yet(context.settings):
        return _nothing(parsed, output)
    if parsed.on("watch"):
        from arena_core.cli.watchlist import watch

        return watch(context, parsed, picked, selector_of(parsed))
    collects = gc.isenabled()
    # What is read lives until the end: looking for cycles in it would take a third of a long list.
    gc.disable()
    try:
        return _once(context, parsed, picked, output)
    finally:
        if collects:
            # Else the first look for cycles would go through all of it.
            gc.freeze()
            gc.enable()


def _once(context: Context, parsed: Parsed, picked: Callable[[Sequence[Job]], list[Job]], output: str) -> int:
    everywhere = parsed.on("all_namespaces")
    listing = context.client.list(
        job_type=parsed.text("type"),
        all_namespaces=everywhere,
        selector=selector_of(parsed),
        reasons=wants_data(parsed) or "reason" in parsed.text("columns").lower(),
    )
    # The process ends soon: taking ten thousand objects apart before would take a twentieth of the whole.
    current().kept = listing
    jobs = picked(listing.jobs)
    if not listing.jobs and not everywhere:
        _require_namespace(context, context.client.namespace)
    if wants_data(parsed):
        write(parsed, [views.as_data(job) for job in jobs])
    elif output == "name":
        for job in jobs:
            say(job.full_name)
    else:
        keys = columns.chosen(parsed.text("columns"), jobs, namespaced=everywhere)
        courses = context.client.progress(jobs) if set(keys) & set(columns.LOGS) else None
        rows = columns.rows(jobs, keys, None, courses)
        if parsed.text("columns"):  # what was asked for is all shown
            print_table(rows[1:] if parsed.on("no_headers") else rows)
        else:
            print_fitted(parsed, rows, columns.LEAST)
    for text in listing.notes:
        note_unread(parsed, text)
    return 0


def picker(parsed: Parsed) -> Callable[[Sequence[Job]], list[Job]]:
    """Return what leaves out the jobs that the flags do not mean, and sorts the others; raises ``UsageError`` before anything is read."""
    wanted = _statuses(parsed)
    age = seconds(parsed, "since")
    by = parsed.text("sort")
    columns.ordered((), by)

    def picked(jobs: Sequence[Job]) -> list[Job]:
        kept = [job for job in jobs if not wanted or views.status_word(job.status) in wanted]
        if age is not None:
            kept = [job for job in kept if time.seconds_between(job.created) <= age]
        return columns.ordered(kept, by)

    return picked


def _statuses(parsed: Parsed) -> frozenset[str]:
    words = [word.strip().upper() for text in parsed.many("status") for word in text.split(",") if word.strip()]
    for word in words:
        if word not in STATUSES:
            raise UsageError(f"--status: there is no status {word!r}", f"statuses: {', '.join(STATUSES)}")
    if parsed.many("status") and not words:
        raise UsageError("--status is empty, which would leave out every job", "is a variable of your script unset?")
    return frozenset(words)


def _nothing(parsed: Parsed, output: str) -> int:
    """Show an empty list: a cluster is not started only to find that it holds nothing."""
    if not write(parsed, []) and output != "name" and not parsed.on("no_headers"):
        keys = columns.chosen(parsed.text("columns"), (), namespaced=parsed.on("all_namespaces"))
        print_table(columns.rows((), keys))
    note("no cluster is configured and there is no local one yet, so there are no jobs; `arena submit` and `arena local up` start one")
    return 0


def _require_namespace(context: Context, name: str) -> None:
    """An empty table for a namespace that is not there would hide a typing error; who may not ask is not told."""
    from arena_core.kube.resources import NAMESPACES

    try:
        context.client.cluster.get(NAMESPACES, "", name)
    except NotFound as error:
        raise NotFound(f"namespace {name} does not exist", "`arena list -A` shows the jobs of all namespaces") from error
    except ArenaError:
        return


COMMAND = Command(
    "list",
    "list jobs",
    run,
    prints="jobs.Listed[]",
    flags=(
        ALL_NAMESPACES,
        TYPE,
        SELECTOR,
        Flag("status", "only jobs in these states (RUNNING,FAILED)", metavar="STATUS", repeat=True, offers=STATUSES),
        Flag("since", "only jobs that were made within this time (90m, 12h, 7d)", metavar="DURATION"),
        Flag("sort", "sort by a column; with a minus before it the other way round", metavar="COLUMN", offers=tuple(columns.COLUMNS)),
        Flag("columns", f"show these: {', '.join(columns.COLUMNS)}", metavar="A,B", offers=tuple(columns.COLUMNS)),
        Flag("watch", "show changes as they come, until Ctrl-C: in place, in a pipe line by line", short="w", boolean=True),
        output_flag("wide", "name"),
        NO_HEADERS,
        QUIET,
    ),
)
