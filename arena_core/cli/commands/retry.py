"""``arena retry JOB``: a job that failed, again."""

from __future__ import annotations

from arena_core.cli.command import Command, Context, Group
from arena_core.cli.commands.clone import named
from arena_core.cli.commands.past.source import Remembered, Source, next_name, source
from arena_core.cli.commands.submit import FLAGS, for_type
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.parse import Parser
from arena_core.cli.terminal import note
from arena_core.contract.errors import ArenaError, UsageError
from arena_core.records import replace
from arena_core.usecases.dryrun import dry_run_of

DETAILS = (
    "A job that failed and is still there stays as it is, and the new one has the next name (mnist-2 after mnist); with --replace it is "
    "deleted first and gives its name to the new one. A job that is gone gets its own name back. The flags are those of `arena clone`."
)
REPLACE = Flag("replace", "delete the job that failed, and use its name again", boolean=True)


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    name, rest, settings = named(words, head, "retry")
    if not name:
        return overview(), ["--help"]
    found = source(settings, name, live=True)
    _must_have_failed(found)
    replaces = Parser([REPLACE]).parse([word for word in rest if word.startswith("--replace")]).on("replace")
    same = found.live is None or replaces
    file = Remembered(found.arguments, found.name if same else next_name(found.name))
    if found.namespace and "namespace" not in head.values:
        head.values["namespace"] = found.namespace
    command = for_type(str(found.arguments.get("type", "")), rest, file)

    def run(context: Context, parsed: Parsed) -> int:
        file.check(parsed)
        parsed.values.pop("replace", None)
        if found.live is not None and replaces and not dry_run_of(parsed.text("dry_run")):
            [result] = context.client.delete([found.live], wait="job")
            if isinstance(result.error, ArenaError):
                raise result.error
            note(f"{found.name}, which had failed, was deleted")
        return command.run(context, parsed)

    usage = f"arena retry {name} [--replace] [flags] [COMMAND...]"
    flags = (REPLACE, *command.flags)
    return replace(command, path=f"retry {name}", summary=f"submit {name} again", usage=usage, details=DETAILS, run=run, flags=flags), rest


def _must_have_failed(found: Source) -> None:
    status = str(found.live.status.phase) if found.live is not None else found.entry.status if found.entry is not None else ""
    if status in ("FAILED", "REFUSED", "DELETED", "UNKNOWN") or (found.live is None and status not in ("SUCCEEDED",)):
        return
    raise UsageError(f"{found.name} has not failed: it is {status}", f"`arena clone {found.name}` submits it once more under another name")


def overview() -> Command:
    """`arena retry` without a job."""
    return Command(
        "retry",
        "submit a job that failed again",
        lambda context, parsed: 0,
        usage="arena retry JOB [--replace] [flags] [COMMAND...]",
        details=DETAILS,
        prints="small.Object",
        flags=(REPLACE, *FLAGS),
        words="past",
    )


COMMAND = Group(_open, overview)
