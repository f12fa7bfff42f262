"""The commands on jobs of one type: ``list``, ``get`` and ``delete`` beside what starts them, as Arena groups them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena_core.cli import views
from arena_core.cli.command import Command, Context, Group
from arena_core.cli.commands import delete, get
from arena_core.cli.commands.shared import ALL_NAMESPACES, NO_HEADERS, QUIET, SELECTOR, note_unread, selector_of
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import output_flag, wants_data, write
from arena_core.cli.parse import first_word, nearest
from arena_core.cli.render import print_table
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import UsageError
from arena_core.records import record, replace
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.usecases.views import Job

SHORT = {"ls": "list", "del": "delete"}


@record
class Kind:
    """Jobs of one type: the command that leads to them, Arena's columns, and the label that tells them apart, with its values."""

    path: str
    job_type: str
    header: tuple[str, ...]
    row: Callable[[Job], list[str]]
    label: str = ""
    values: tuple[str, ...] = ()

    @property
    def flags(self) -> tuple[Flag, ...]:
        """``-T``, where there are several sorts of them."""
        return (Flag("sort", "only these", long="type", short="T", choices=self.values),) if self.values else ()


def parts_of(kind: Kind) -> dict[str, Command]:
    """Return ``list``, ``get`` and ``delete`` for jobs of this kind."""

    def on(command: Command, summary: str, words: str) -> Command:
        def run(context: Context, parsed: Parsed) -> int:
            parsed.values["type"] = kind.job_type
            return command.run(context, parsed)

        flags = tuple(flag for flag in command.flags if flag.name != "type")
        path = f"{kind.path} {command.path}"
        return replace(command, path=path, summary=summary, usage=f"arena {path} {words} [flags]", run=run, flags=flags)

    return {
        "list": Command(
            f"{kind.path} list",
            "list these jobs",
            lambda context, parsed: _list(kind, context, parsed),
            prints="jobs.Listed[]",
            flags=(ALL_NAMESPACES, *kind.flags, SELECTOR, output_flag("wide", "name"), NO_HEADERS, QUIET),
        ),
        "get": on(get.COMMAND, "show one of these jobs", "NAME"),
        "delete": on(delete.COMMAND, "delete these jobs and everything that belongs to them", "NAME..."),
    }


def _list(kind: Kind, context: Context, parsed: Parsed) -> int:
    """List the jobs of the kind, with Arena's columns."""
    jobs: Sequence[Job] = ()
    notes: Sequence[str] = ()
    everywhere, selector = parsed.on("all_namespaces"), selector_of(parsed)
    if nothing_yet(context.settings):
        note("no cluster is configured and there is no local one yet, so there are no jobs")
    else:
        if sort := parsed.text("sort"):
            selector = ",".join(text for text in (selector, f"{kind.label}={sort}") if text)
        found = context.client.list(job_type=kind.job_type, all_namespaces=everywhere, selector=selector, reasons=wants_data(parsed))
        jobs, notes = found.jobs, found.notes
    if wants_data(parsed):
        write(parsed, [views.as_data(job) for job in jobs])
    elif parsed.text("output") == "name":
        for job in jobs:
            say(job.full_name)
    else:
        rows = [["NAMESPACE", *kind.header], *([job.namespace, *kind.row(job)] for job in jobs)]
        rows = rows[1:] if parsed.on("no_headers") else rows
        if rows:
            print_table(rows if everywhere else [row[1:] for row in rows])
    for text in notes:
        note_unread(parsed, text)
    return 0


def group(kind: Kind, start: Callable[[str, Sequence[str]], Command], words: Sequence[str], summary: str) -> Group:
    """Return ``arena PATH WORD``: one of ``words`` starts a job, the others are the commands on them."""
    parts, starts = parts_of(kind), tuple((word, "start such a job") for word in words)

    def overview() -> Command:
        from arena_core.cli.usage import two_columns

        rows = [(word, f"{text} (`arena {kind.path} {word} --help` lists the flags)") for word, text in starts]
        rows += [(name, part.summary) for name, part in parts.items()]
        text = f"Commands:\n{two_columns(rows, left=12)}"
        return Command(kind.path, summary, lambda context, parsed: 2, usage=f"arena {kind.path} COMMAND ...", footer=lambda: text)

    def choose(given: list[str], head: Parsed) -> tuple[Command, list[str]]:
        first, rest = first_word(given)
        if not first.args:
            if first.help or not first.problems:
                return overview(), ["--help"]
            raise UsageError(first.problems[0], f"`arena {kind.path} --help` lists the commands")
        word = first.args[0]
        if part := parts.get(SHORT.get(word, word)):
            return part, rest
        if word in words:
            return start(word, rest), rest
        close = nearest(word, [*parts, *words])
        hint = f"did you mean `arena {kind.path} {close}`?" if close else f"`arena {kind.path} --help` lists the commands"
        raise UsageError(f"{word!r} is not a command of `arena {kind.path}`", hint)

    return Group(choose, overview, tuple(parts.values()), starts)
