"""``arena cron list|get|suspend|resume|delete|run-now``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.delete import report_all
from arena_core.cli.commands.shared import ALL_NAMESPACES, NO_HEADERS, QUIET, SELECTOR, check_names, note_unread, print_fitted, selector_of
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import output_flag, wants_data, write
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import ArenaError, UsageError
from arena_core.usecases.views import Deleted

if TYPE_CHECKING:
    from arena_core.usecases.crons import Cron

TYPE = Flag("type", "type of cron, where there are two of one name", short="T", metavar="TYPE")


def list_crons(context: Context, parsed: Parsed) -> int:
    """List crons with the time at which a job is due next."""
    from arena_core.cli.commands.crons import pages
    from arena_core.usecases.crons import CronList

    everywhere, output, selector = parsed.on("all_namespaces"), parsed.text("output", "wide"), selector_of(parsed)
    if nothing_yet(context.settings):
        found = CronList()
        note("no cluster is configured and there is no local one yet, so there are no crons")
    else:
        found = context.client.crons(all_namespaces=everywhere, selector=selector)
    if wants_data(parsed):
        write(parsed, [pages.as_data(one) for one in found.crons])
    elif output == "name":
        for one in found.crons:
            say(one.job.full_name)
    else:
        print_fitted(parsed, pages.rows(found.crons, namespaced=everywhere), pages.LEAST)
    for text in found.notes:
        note_unread(parsed, text)
    return 0


def _one(context: Context, parsed: Parsed, command: str) -> Cron:
    if len(parsed.args) != 1:
        raise UsageError(f"one cron at a time: `arena cron {command} NAME`", "`arena cron list` shows the crons")
    check_names(parsed.args, "cron")
    return context.client.cron(parsed.args[0], job_type=parsed.text("type"))


def get(context: Context, parsed: Parsed) -> int:
    """Show one cron: when it is due, and the jobs that it has made."""
    from arena_core.cli.commands.crons import pages

    found, output = _one(context, parsed, "get"), parsed.text("output", "wide")
    if wants_data(parsed):
        write(parsed, pages.as_data(found))
    elif output == "name":
        say(found.job.full_name)
    else:
        say(pages.page(found), painted=True)
    for text in found.job.unread:
        note_unread(parsed, f"not shown: {text}")
    return 0


def run_now(context: Context, parsed: Parsed) -> int:
    """Make a job at once."""
    found = _one(context, parsed, "run-now")
    made = context.client.run_now(found.job.name, job_type=found.job.job_type)
    name, group = made["metadata"]["name"], str(made["apiVersion"]).rpartition("/")[0]
    if not write(parsed, made):
        say(f"{str(made['kind']).lower()}{f'.{group}' if group else ''}/{name} created")
    note(f"`arena cron get {found.job.name}` shows what becomes of it, `arena logs {found.job.name}` its log")
    return 0


def _turn(word: str) -> Callable[[Context, Parsed], int]:
    def run(context: Context, parsed: Parsed) -> int:
        found = _one(context, parsed, word)
        (context.client.suspend if word == "suspend" else context.client.resume)(found.job.name, job_type=found.job.job_type)
        note(f"cron {found.job.name} {word} success")
        return 0

    return run


def delete(context: Context, parsed: Parsed) -> int:
    """Delete each cron with its jobs; a missing one does not stop the others."""
    if not parsed.args:
        raise UsageError("which cron? `arena cron delete NAME...`", "`arena cron list` shows the crons")
    check_names(parsed.args, "cron")
    results: list[Deleted] = []
    for name in dict.fromkeys(parsed.args):
        try:
            found = context.client.cron(name, job_type=parsed.text("type"))
        except ArenaError as error:
            results.append(Deleted(name, namespace=context.client.namespace, error=error))
        else:
            results += context.client.delete(found.job.name, job_type=found.job.job_type, wait=True if parsed.on("wait") else "job")
    return report_all(results, parsed, lambda one: f"cron {one.name} has been deleted")


LIST = Command(
    "cron list",
    "list crons, and when each is due next",
    list_crons,
    prints="crons.Cron[]",
    flags=(ALL_NAMESPACES, SELECTOR, output_flag("wide", "name"), NO_HEADERS, QUIET),
)
GET = Command(
    "cron get",
    "show one cron and the jobs that it has made",
    get,
    takes="NAME",
    prints="crons.Cron",
    flags=(TYPE, output_flag("wide", "name"), QUIET),
    words="cron",
)
SUSPEND = Command(
    "cron suspend",
    "make no more jobs until the cron is resumed; running jobs continue",
    _turn("suspend"),
    takes="NAME",
    flags=(TYPE,),
    words="cron",
)
RESUME = Command("cron resume", "let a suspended cron make jobs again", _turn("resume"), takes="NAME", flags=(TYPE,), words="cron")
RUN_NOW = Command(
    "cron run-now",
    "make a job of a cron at once, whatever its schedule says",
    run_now,
    takes="NAME",
    prints="small.Object",
    flags=(TYPE, output_flag("wide")),
    words="cron",
)
DELETE = Command(
    "cron delete",
    "delete crons and the jobs that they have made",
    delete,
    takes="NAME...",
    prints="small.Deleted[]",
    flags=(
        TYPE,
        Flag("wait", "wait until the instances of its jobs are gone as well", boolean=True),
        Flag("ignore_not_found", "succeed even if a cron does not exist", boolean=True),
        output_flag("wide", "name"),
    ),
    words="cron",
)
PARTS = {"list": LIST, "get": GET, "run-now": RUN_NOW, "suspend": SUSPEND, "resume": RESUME, "delete": DELETE}
SHORT = {"ls": "list", "del": "delete"}
