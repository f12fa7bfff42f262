"""``arena clone JOB``: what was submitted once, again under another name, with changes."""

from __future__ import annotations

from arena_core.cli.command import Command, Context, Group
from arena_core.cli.commands.past.source import Remembered, next_name, source
from arena_core.cli.commands.submit import FLAGS, for_type
from arena_core.cli.flags import GLOBAL_FLAGS, Parsed
from arena_core.cli.parse import Parser, first_word
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError
from arena_core.records import replace

DETAILS = (
    "JOB is the name of a job, also of one that is gone, or an id that `arena history` shows. Everything is as it was but for what "
    "the flags say: those of its job type (`arena clone JOB --help` lists them), and --set KEY=VALUE as with a job file. Without "
    "--name the new job has the next name: mnist-2 after mnist."
)


def named(words: list[str], head: Parsed, command: str) -> tuple[str, list[str], Parsed]:
    """Return the job that is named by the first word, the words behind it, and the persistent flags; an empty name where help is wanted."""
    first, rest = first_word(words, FLAGS)
    if not first.args or first.args[0] == "":
        if first.help:
            return "", [], head
        raise UsageError(f"which job? `arena {command} JOB`", "`arena history` lists what was submitted from here, `arena list` the jobs")
    known = Parser([*FLAGS, *GLOBAL_FLAGS]).parse(rest)
    settings = Parsed({**head.values, **{k: v for k, v in known.values.items() if k in {f.name for f in GLOBAL_FLAGS}}})
    return first.args[0], rest, settings


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    name, rest, settings = named(words, head, "clone")
    if not name:
        return overview(), ["--help"]
    found = source(settings, name)
    file = Remembered(found.arguments, next_name(found.name))
    if found.namespace and "namespace" not in head.values:
        head.values["namespace"] = found.namespace
    command = for_type(str(found.arguments.get("type", "")), rest, file)

    def run(context: Context, parsed: Parsed) -> int:
        file.check(parsed)
        if found.entry is not None and found.entry.dirty:
            note(f"note: {found.name} was submitted from a folder with changes that no commit has")
        return command.run(context, parsed)

    usage, summary = f"arena clone {name} [flags] [COMMAND...]", f"submit {name} again under another name"
    return replace(command, path=f"clone {name}", summary=summary, usage=usage, details=DETAILS, run=run), rest


def overview() -> Command:
    """`arena clone` without a job."""
    return Command(
        "clone",
        "submit an earlier job again under another name, with changes",
        lambda context, parsed: 0,
        usage="arena clone JOB [--name NAME] [--set KEY=VALUE] [flags] [COMMAND...]",
        details=DETAILS,
        prints="small.Object",
        flags=FLAGS,
        words="past",
    )


COMMAND = Group(_open, overview)
