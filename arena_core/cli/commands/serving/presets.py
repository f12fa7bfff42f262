"""``arena serve PRESET MODEL``: a few words that stand for a job type with many of its flags, which can be shown."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from arena_core.cli.command import Command, Context
from arena_core.cli.commands import submit as submitting
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.jobtypes import find_type, registry
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import InvalidArguments
from arena_core.usecases.dryrun import dry_run_of

if TYPE_CHECKING:
    from arena_core.registry.discovery import Entry

PRINT = Flag("print_command", "only print the command that this stands for", boolean=True)
#: A job file names a job type, which a preset is not.
FLAGS = tuple(flag for flag in submitting.FLAGS if flag.name not in ("file", "set", "set_string"))
DETAILS = """\
MODEL is a name on a hub, or a folder. What follows -- goes to the server as it is typed.
--print-command shows the whole command that this stands for; any flag of that may be given here, too."""


def start(entry: Entry) -> Command:
    """The command of a preset; its flags are those of its model."""
    from arena_core.cli.submit.options import flags_of

    model = registry().load(entry)
    return Command(
        f"serve {entry.name}",
        f"start {model.SUMMARY}",
        lambda context, parsed: run(context, parsed, entry, model),
        usage=f"arena serve {entry.name} MODEL [flags] [-- FLAG OF THE SERVER...]",
        details=DETAILS,
        flags=(PRINT, *flags_of(model), *FLAGS),
        words="model",
        collects=True,
    )


def run(context: Context, parsed: Parsed, entry: Entry, model: Any) -> int:
    """Read the arguments, write them out as those of the job type, and start that."""
    from arena_core.args import command_words, parse
    from arena_core.cli.submit import finish
    from arena_core.cli.submit.options import by_flag, read_arguments
    from arena_core.registry import border

    handle = find_type(model.PRESET_OF)
    parsed.dashed = True  # a model's name is no text for a shell
    raw = submitting.gather(context, parsed, handle, model, {})
    raw.pop("print_command", None)
    try:
        args = border.call(entry, "its argument model", lambda: read_arguments(model, raw, parsed.problems))
        whole: Any = border.call(entry, "expand", lambda: parse(handle.args_model, args.expand()))
    except InvalidArguments as exc:
        raise InvalidArguments([by_flag(problem, model) for problem in exc.problems]) from exc
    line = shlex.join(["arena", "serve", handle.job_type.shorthand or handle.job_type.name, *command_words(whole)])
    if parsed.on("print_command"):
        say(line)
        return 0
    if dry_run_of(parsed.text("dry_run")):
        note(f"this stands for: {line}")
    return finish.submit(context, parsed, handle, whole)
