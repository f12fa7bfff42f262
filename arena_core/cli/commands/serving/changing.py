"""``arena serve scale`` and ``arena serve update``: a server is changed while it serves."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.serving.meant import TYPE, VERSION, find, titled
from arena_core.cli.commands.shared import TIMEOUT
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import output_flag, write
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import InvalidArguments, UsageError
from arena_core.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena_core.cli.shapes import small
    from arena_core.contract.types import JobHandle
    from arena_core.usecases.servers import Server

NAME = Flag("name", "name of the server (or the first word)", metavar="NAME")
FLAGS = (
    NAME,
    VERSION,
    Flag("dry_run", "only show what would change (client), or let the cluster check it, too", choices=("none", "client", "server")),
    Flag("wait", "wait until all instances are new and serve", boolean=True),
    TIMEOUT,
    output_flag("wide"),
    Flag("command_text", "another command, for the shell that runs the present one", long="command", metavar="COMMAND"),
)


def scale(context: Context, parsed: Parsed) -> int:
    """Change how many instances serve."""
    if len(parsed.args) != 2 or not (parsed.args[1].isascii() and parsed.args[1].isdecimal() and len(parsed.args[1]) < 8):
        raise UsageError("which server, and to how many? `arena serve scale NAME N`", "for example `arena serve scale web 3`")
    server, number = find(context, parsed, parsed.args[0]), int(parsed.args[1])
    job = server.job
    role = next((one.role for one in context.client.jobs.get(job.job_type).job_type.scale(job.manifest)), "")
    if not role:
        raise UsageError(f"the size of {job.name} cannot be changed")
    context.client.scale(job, {role: number})
    note(f"The serving job {titled(server)} is scaled to {number}")
    return 0


def update_of(handle: JobHandle) -> Command:
    """The command that updates servers of a type; its flags are those of the type's model of changes."""
    from arena_core.cli.submit.options import flags_of

    model = handle.update_model
    if model is None:
        raise UsageError(f"servers of the type {handle.job_type.name} cannot be updated", "delete it and start it anew")
    word = handle.job_type.shorthand or handle.job_type.name
    return Command(
        f"serve update {word}",
        "change a model server while it serves; what is not given stays as it is",
        lambda context, parsed: update(context, parsed, handle),
        usage=f"arena serve update {word} NAME [flags]",
        details="Instances are replaced one after the other; each place that changes is shown.",
        prints="small.Changed[]",
        flags=(*FLAGS, *flags_of(model)),
        words="server",
        collects=True,
    )


def update(context: Context, parsed: Parsed, handle: JobHandle) -> int:
    """Change what is given, and say what is different then."""
    from arena_core.cli.submit.options import by_flag, read_arguments
    from arena_core.usecases.dryrun import dry_run_of
    from arena_core.usecases.update import shown

    model: Any = handle.update_model
    own = {flag.name for flag in FLAGS}
    raw: dict[str, Any] = {field: value for field, value in parsed.values.items() if field in model.model_fields and field not in own}
    # As in Arena: with --name the words that are left are the command.
    words = parsed.args if parsed.text("name") else []
    if parsed.text("command_text") and words:
        parsed.problems.append("the command is given twice, with --command and as the last words")
    if command := [parsed.text("command_text")] if parsed.text("command_text") else words:
        raw["command"] = command
    try:
        args = handle.behind("its model of changes", lambda: read_arguments(model, raw, parsed.problems))
    except InvalidArguments as error:
        raise InvalidArguments([by_flag(problem, model) for problem in error.problems]) from error
    if not raw:
        raise UsageError("what is to change? no flag says it", f"`arena serve update {handle.job_type.shorthand} --help` lists them")
    timeout = seconds(parsed)
    if timeout is not None and not parsed.on("wait"):
        raise UsageError("--timeout has no effect without --wait")
    server, dry_run = _server(context, parsed, handle), dry_run_of(parsed.text("dry_run"))
    if dry_run and parsed.on("wait"):
        raise UsageError("--wait needs a change that is really made", "leave out --dry-run")
    done = context.client.update(server.job, args, dry_run=dry_run)
    data: list[small.Changed] = [{"place": place, "before": shown(before), "after": shown(after)} for place, before, after in done.changes]
    if not write(parsed, data):
        for one in data:
            say(f"{one['place']}: {one['before']} -> {one['after']}")
    made = "has been updated successfully" if not dry_run else "would be updated (dry run)"
    what = made if done.changes else "is so already: nothing changes"
    note(f"The serving job {titled(server)} {what}")
    if not parsed.on("wait"):
        return 0
    from arena_core.cli.waiting import wait_for

    return wait_for(context, server.job.name, "ready", server.job.job_type, timeout, server.job.uid)


def _server(context: Context, parsed: Parsed, handle: JobHandle) -> Server:
    name = parsed.text("name")
    words = [name] if name else parsed.args
    if len(words) != 1:
        hint = "`arena serve list` shows the servers; a command is given with --command"
        raise UsageError("which server? one name, with --name or as the first word", hint)
    parsed.values["type"] = handle.job_type.name
    return find(context, parsed, words[0])


SCALE = Command(
    "serve scale", "change how many instances of a model server there are", scale, takes="NAME N", flags=(VERSION, TYPE), words="server"
)
