"""``arena list``."""

from __future__ import annotations

from arena_core.cli import views
from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import ALL_NAMESPACES, NO_HEADERS, QUIET, SELECTOR, TYPE, note_unread, output_flag, selector_of
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import Parsed
from arena_core.cli.render import dump_json, dump_yaml, print_table
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import ArenaError, NotFound


def run(context: Context, parsed: Parsed) -> int:
    """List jobs, the newest start first; a type that may not be read is named on stderr and the others are listed."""
    everywhere = parsed.on("all_namespaces")
    output = parsed.text("output", "wide")
    if nothing_yet(context.settings):
        return _nothing(parsed, output)
    listing = context.client.list(
        job_type=parsed.text("type"),
        all_namespaces=everywhere,
        selector=selector_of(parsed),
        reasons=output in ("json", "yaml"),
    )
    jobs = listing.jobs
    if not jobs and not everywhere:
        _require_namespace(context, context.client.namespace)
    if output == "json":
        dump_json([views.as_data(job) for job in jobs])
    elif output == "yaml":
        dump_yaml([views.as_data(job) for job in jobs])
    elif output == "name":
        for job in jobs:
            say(job.full_name)
    else:
        aged = views.wants_age(jobs)
        header = [*(["NAMESPACE"] if everywhere else []), *views.LIST_HEADER, *(["AGE"] if aged else [])]
        rows = [views.list_row(job, namespaced=everywhere, aged=aged) for job in jobs]
        table = [*([] if parsed.on("no_headers") else [header]), *rows]
        if table:
            print_table(table)
    for text in listing.notes:
        note_unread(parsed, text)
    return 0


def _nothing(parsed: Parsed, output: str) -> int:
    """Show an empty list: a cluster is not started only to find that it holds nothing."""
    if output == "json":
        dump_json([])
    elif output == "yaml":
        dump_yaml([])
    elif output != "name" and not parsed.on("no_headers"):
        print_table([("NAMESPACE", *views.LIST_HEADER) if parsed.on("all_namespaces") else views.LIST_HEADER])
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
    path="list",
    summary="list jobs",
    run=run,
    flags=(ALL_NAMESPACES, TYPE, SELECTOR, output_flag("wide", "json", "yaml", "name"), NO_HEADERS, QUIET),
)
