"""``arena prune --older-than DURATION``; Arena says ``--since``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from arena_core.cli import columns
from arena_core.cli.command import Command, Context
from arena_core.cli.commands.delete import as_data, report
from arena_core.cli.commands.shared import ALL_NAMESPACES, QUIET, SELECTOR, TIMEOUT, TYPE, note_unread, print_fitted, selector_of
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import output_flag, wants_data, write
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import UsageError

if TYPE_CHECKING:
    from arena_core.cli.shapes import small
    from arena_core.usecases.prune import Pruned
    from arena_core.usecases.views import Job


def run(context: Context, parsed: Parsed) -> int:
    """Delete the jobs that ended so long ago; one that cannot be deleted does not stop the others."""
    since, timeout = seconds(parsed, "older_than"), seconds(parsed)
    if since is None:
        raise UsageError(
            "older than what? `arena prune --older-than 10h` deletes the jobs that ended at least 10 hours ago", "--dry-run shows them"
        )
    selector = selector_of(parsed)
    if nothing_yet(context.settings):
        write(parsed, [])
        note("no cluster is configured and there is no local one yet, so there are no jobs")
        return 0
    asks = not parsed.on("yes") and sys.stdin.isatty() and sys.stderr.isatty()
    done = context.client.prune(
        since,
        job_type=parsed.text("type"),
        all_namespaces=parsed.on("all_namespaces"),
        selector=selector,
        dry_run=parsed.on("dry_run") or asks,
        wait="job",
        timeout=timeout,
        on_wait=_waits,
    )
    if asks and done.jobs and not parsed.on("dry_run"):
        if not _agreed(done, parsed):
            note("nothing was deleted")
            return 0
        # Those that were shown, and no other one that has ended meanwhile.
        done = done._replace(results=tuple(context.client.delete(list(done.jobs), wait="job", timeout=timeout, on_wait=_waits)))
    return _told(done, parsed)


def _waits(text: str) -> None:
    note(f"{text}; Ctrl-C ends the waiting, not the deletion")


def _agreed(found: Pruned, parsed: Parsed) -> bool:
    """Show a person what would go, and ask."""
    print_fitted(parsed, columns.rows(found.jobs, columns.chosen("", found.jobs, namespaced=parsed.on("all_namespaces"))), columns.LEAST)
    sys.stderr.write(f"delete {len(found.jobs)} {'job' if len(found.jobs) == 1 else 'jobs'}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _told(done: Pruned, parsed: Parsed) -> int:
    worst = 0
    write(parsed, [*(as_data(result) for result in done.results), *(_kept(job) for job in done.jobs if parsed.on("dry_run"))])
    if parsed.on("dry_run"):
        _would(done, parsed)
    for result in done.results:
        worst = report(result, parsed) or worst
    if not done.jobs:
        note("no job has ended so long ago")
    for job in done.timeless:
        note(f"note: {job.job_type} {job.name} has ended, but nobody knows when: it was left alone")
    for text in done.notes:
        note_unread(parsed, text)
    return worst


def _kept(job: Job) -> small.Deleted:
    """Return what a dry run says of a job."""
    known = {"name": job.name, "namespace": job.namespace, "type": job.job_type, "uid": job.uid}
    return {**known, "deleted": False, "error": "", "dryRun": True}  # type: ignore[typeddict-item]


def _would(done: Pruned, parsed: Parsed) -> None:
    if wants_data(parsed):
        return
    if parsed.text("output") == "name":
        for job in done.jobs:
            say(job.full_name)
    elif done.jobs:
        print_fitted(parsed, columns.rows(done.jobs, columns.chosen("", done.jobs, namespaced=parsed.on("all_namespaces"))), columns.LEAST)
        note(f"{len(done.jobs)} would be deleted (dry run)")


COMMAND = Command(
    "prune",
    "delete the jobs that ended a while ago",
    run,
    takes="--older-than DURATION",
    details="Only jobs that have succeeded or failed are deleted, counted from their end; what waits or runs stays.",
    prints="small.Deleted[]",
    flags=(
        Flag("older_than", "how long ago they must have ended (90m, 10h, 7d)", short="s", metavar="DURATION", aliases=("since",)),
        ALL_NAMESPACES,
        TYPE,
        SELECTOR,
        Flag("yes", "do not ask on a terminal", short="y", boolean=True),
        Flag("dry_run", "show what would be deleted, delete nothing", boolean=True),
        TIMEOUT,
        output_flag("wide", "name"),
        QUIET,
    ),
)
