"""``arena history``: what was submitted from this machine, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arena_core.cli.command import Command, Context, Group
from arena_core.cli.commands.past import looking, pages
from arena_core.cli.commands.shared import NO_HEADERS, TYPE, print_fitted
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.loglines import print_rows
from arena_core.cli.output import output_flag, wants_data, write, write_line
from arena_core.cli.parse import first_word
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import NotFound, UsageError
from arena_core.history.journal import is_noted
from arena_core.records import replace

if TYPE_CHECKING:
    from arena_core.cli.shapes import history as shapes
    from arena_core.cli.shapes import small
    from arena_core.history.store import Entry, KeptLog, Store, Wanted

#: So many are listed where nobody says otherwise.
_LIMIT = 50


def _wanted(context: Context, parsed: Parsed, limit: int) -> Wanted:
    if len(parsed.args) > 1:
        raise UsageError(f"one name at a time: what is {parsed.args[1]!r}?", "a pattern may stand for several: 'mnist-*'")
    kinds = [parsed.text("type")] if parsed.text("type") else []
    pattern = parsed.args[0] if parsed.args else ""
    named = context.settings.text("namespace")
    return looking.wanted(pattern, kinds, parsed.many("status"), named, seconds(parsed, "since"), parsed.text("commit"), limit)


def _list(context: Context, parsed: Parsed) -> int:
    output, limit = parsed.text("output", "wide"), parsed.number("limit", _LIMIT)
    wanted = _wanted(context, parsed, 0)
    found: list[Entry] = []
    if is_noted(looking.journal()):
        with looking.store() as store:
            found = store.entries(wanted)
    shown = found[:limit] if limit > 0 else found
    if wants_data(parsed):
        write(parsed, [pages.as_data(one) for one in shown])
    elif output == "name":
        for one in shown:
            say(one.id)
    else:
        namespaced = len({one.namespace for one in shown}) > 1
        rows = [pages.row(one, namespaced) for one in shown]
        print_fitted(parsed, [pages.header(namespaced), *rows], pages.LEAST)
    if len(shown) < len(found):
        note(f"{len(found) - len(shown)} more, which are older: --limit 0 shows all")
    return 0


def one_of(parsed: Parsed, command: str) -> str:
    """Return the one word that names a submission."""
    if not parsed.args:
        raise UsageError(f"which job? `arena {command} NAME`, or an id", "`arena history` lists them")
    if len(parsed.args) > 1:
        raise UsageError(f"one job at a time: what is {parsed.args[1]!r}?", f"`arena {command} {parsed.args[0]}`")
    return parsed.args[0]


def _show(context: Context, parsed: Parsed) -> int:
    reference = one_of(parsed, "history show")
    with looking.store() as store:
        entry = store.entry(reference, context.settings.text("namespace"))
        if not wants_data(parsed) or not write(parsed, _whole(store, entry)):
            say(pages.page(entry, store.states(entry), store.logs(entry)))
    return 0


def _whole(store: Store, entry: Entry) -> shapes.Whole:
    return {
        **pages.as_data(entry),
        "arguments": store.arguments(entry),
        "objects": store.objects(entry),
        "states": [pages.state_data(one) for one in store.states(entry)],
        "logs": [pages.log_data(one) for one in store.logs(entry)],
    }


def _logs(context: Context, parsed: Parsed) -> int:
    """Print what is kept of the logs: what was followed as a whole, of the others the end."""
    from arena_core.history import followed

    reference = one_of(parsed, "history logs")
    with looking.store() as store:
        entry = store.entry(reference, context.settings.text("namespace"))
        found = [followed.fuller(store.journal, entry.id, one) for one in store.logs(entry)] or followed.only(store.journal, entry.id)
    chosen = [one for one in found if parsed.text("instance") in ("", one.instance, one.pod)]
    if not chosen:
        there = ", ".join(one.instance for one in found if one.instance)
        raise NotFound(f"no log of {parsed.text('instance') or entry.name} is kept", f"there is: {there}" if there else _why_none(entry))
    for one in chosen:
        lines = _lines_of(one, parsed.number("tail", -1))
        if wants_data(parsed):
            # When a line was written is not kept.
            told: small.LogLine = {
                "job": entry.name,
                "instance": one.instance,
                "pod": one.pod,
                "container": one.container,
                "time": "",
                "text": "",
            }
            print_rows(parsed, ({**told, "text": text} for text in lines))
        else:
            for text in lines:
                say(f"{one.instance} {text}" if len(chosen) > 1 else text)
    return 0


def _lines_of(log: KeptLog, tail: int) -> list[str]:
    """Return the lines that are kept, or the last of them; why there are none is said on stderr."""
    if log.missing:
        note(f"note: no log of {log.instance or 'its instances'} is kept: {log.missing}")
        return []
    lines = log.lines.splitlines()
    return lines[len(lines) - tail if 0 <= tail < len(lines) else 0 :]


def _why_none(entry: Entry) -> str:
    if entry.status == "REFUSED":
        return "the job was refused, so it never ran"
    if entry.gone or entry.status in ("SUCCEEDED", "FAILED"):
        return "nobody looked at the job before it was gone"
    return f"its end has not been seen yet: `arena logs {entry.name}` reads the log of a job that is there"


def _export(context: Context, parsed: Parsed) -> int:
    """Write everything, the oldest first: by default a submission in each line."""
    with looking.store() as store:
        entries = reversed(store.entries(_wanted(context, parsed, 0)))
        if parsed.text("output", "jsonl") == "jsonl":
            for entry in entries:
                write_line(_whole(store, entry))
        else:
            write(parsed, [_whole(store, entry) for entry in entries])
    return 0


def _prune(context: Context, parsed: Parsed) -> int:
    """Forget submissions; jobs themselves are left alone."""
    from arena_core.cli.commands.past.looking import journal

    age = seconds(parsed, "older_than")
    if age is None:
        days = journal().rules.days
        raise UsageError(
            "older than what? `arena history prune --older-than 90d`",
            f"what is older than {days} days (history_days in the configuration file) is forgotten by itself",
        )
    with looking.store() as store:
        from arena_core.history.store import expired

        old = [one for one in expired(store, 0, age=age) if one.id not in store.journal.opened()]
        if not parsed.on("dry_run"):
            store.forget(old)
    what = f"{len(old)} {'submission' if len(old) == 1 else 'submissions'}"
    note(f"{what} would be forgotten (dry run)" if parsed.on("dry_run") else f"{what} forgotten; the jobs themselves were left alone")
    return 0


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    """Choose by the first word; any other one is the name of a job to list."""
    first, rest = first_word(words, [*LIST.flags, *PRUNE.flags, *LOGS.flags])
    part = PARTS.get(first.args[0]) if first.args else None
    return (LIST, words) if part is None else (part, rest)


_FILTERS = (
    TYPE,
    Flag("status", "only those with these states (FAILED,DELETED)", metavar="STATUS", repeat=True, offers=looking.STATUSES),
    Flag("since", "only those that were submitted within this time (90m, 12h, 7d)", metavar="DURATION"),
    Flag("commit", "only those that were submitted from this commit", metavar="COMMIT"),
)
LIST = Command(
    "history",
    "list what was submitted from this machine, and what became of it",
    _list,
    usage="arena history [NAME] [flags]\n  arena history show|logs JOB\n  arena history export|prune [flags]",
    details="NAME may be a pattern ('mnist-*'). A job is named by its name (the last one that had it) or by its id.",
    flags=(
        *_FILTERS,
        Flag("limit", "show so many, the newest; 0 shows all", integer=True, default=str(_LIMIT)),
        output_flag("wide", "name"),
        NO_HEADERS,
    ),
    prints="history.Entry[]",
    words="history",
)
SHOW = Command(
    "history show",
    "show one submission: its command, commit, states and end",
    _show,
    takes="JOB",
    prints="history.Whole",
    flags=(output_flag("wide"),),
    words="past",
)
LOGS = Command(
    "history logs",
    "print what is kept of the logs of a job, also when it is gone",
    _logs,
    takes="JOB",
    prints="small.LogLine",
    flags=(
        output_flag("wide"),
        Flag("instance", "only this instance", short="i", metavar="NAME"),
        Flag("tail", "only so many lines of each instance", integer=True),
    ),
    words="past",
)
EXPORT = Command(
    "history export",
    "write the history, by default as lines of JSON",
    _export,
    usage="arena history export [NAME] [flags] > history.jsonl",
    prints="history.Whole[]",
    flags=(*_FILTERS, output_flag("jsonl")),
)
PRUNE = Command(
    "history prune",
    "forget old submissions",
    _prune,
    takes="--older-than DURATION",
    flags=(
        Flag("older_than", "forget what was submitted longer ago than this (90d)", metavar="DURATION"),
        Flag("dry_run", "only say how many", boolean=True),
    ),
)
PARTS = {
    "list": replace(LIST, path="history list", usage="arena history list [NAME] [flags]"),
    "show": SHOW,
    "logs": LOGS,
    "export": EXPORT,
    "prune": PRUNE,
}
COMMAND = Group(_open, lambda: LIST, (SHOW, LOGS, EXPORT, PRUNE))
