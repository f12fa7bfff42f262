"""``arena attach JOB [-- COMMAND...]``."""

from __future__ import annotations

import sys

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import CONTAINER, INSTANCE, TYPE, check_names
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError


def run(context: Context, parsed: Parsed) -> int:
    """Run a command (a shell, if none is given) in an instance; its exit code becomes ours."""
    if not parsed.args:
        raise UsageError("which job? `arena attach NAME [-- COMMAND...]`", "`arena list` shows the jobs")
    check_names(parsed.args[:1])
    from arena_core.cli.shell import interact

    name, command = parsed.args[0], parsed.args[1:] or ["sh"]
    stdin = not parsed.on("no_stdin")
    if not stdin and not parsed.args[1:]:
        raise UsageError("--no-stdin needs a command: a shell that reads nothing ends at once", f"`arena attach {name} --no-stdin -- ls`")
    job = context.client.get(name, job_type=parsed.text("type"))
    tty = stdin and sys.stdin.isatty() and sys.stdout.isatty()
    if not tty and not parsed.args[1:]:
        note("note: standard input is not a terminal: the shell reads it as a script")
    session = context.client.exec(job, command, instance=parsed.text("instance"), container=parsed.text("container"), stdin=stdin, tty=tty)
    return interact(session, tty=tty, stdin=stdin)


COMMAND = Command(
    "attach",
    "run a command in an instance of a job",
    run,
    usage="arena attach JOB [flags] [-- COMMAND...]",
    details="Without a command it runs a shell; without -i it runs in the chief.",
    flags=(
        INSTANCE,
        CONTAINER,
        Flag("no_stdin", "leave standard input alone, for commands inside a loop that reads it (as ssh -n)", boolean=True),
        TYPE,
    ),
    words="job",
)
