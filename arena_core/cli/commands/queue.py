"""``arena queue [NAME]``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import ALL_NAMESPACES, NO_HEADERS, QUIET, note_unread, output_flag
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.render import dump_json, dump_yaml
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import UsageError

if TYPE_CHECKING:
    from arena_core.contract.queues import Queue, Queued
    from arena_core.usecases.queues import QueueBoard

#: Seconds between two looks.
EVERY = 2.0


def run(context: Context, parsed: Parsed) -> int:
    """Show the queues, or one with everybody who stands in it."""
    if len(parsed.args) > 1:
        raise UsageError(f"one queue at a time: what is {parsed.args[1]!r}?", f"`arena queue {parsed.args[0]}`")
    name = parsed.args[0] if parsed.args else ""
    if parsed.args and not name.strip():
        raise UsageError("the name of the queue is empty", "is a variable of your script unset?")
    output = parsed.text("output", "wide")
    if parsed.on("watch") and output != "wide":
        raise UsageError(f"-o {output} is one document: it cannot be watched", "leave out --watch")
    if nothing_yet(context.settings):
        if output in ("json", "yaml"):
            (dump_json if output == "json" else dump_yaml)([])
        note("no cluster is configured and there is no local one yet, so there are no queues; `arena local up` starts one")
        return 0

    def look() -> QueueBoard:
        return context.client.queues(name, all_namespaces=parsed.on("all_namespaces"))

    if parsed.on("watch"):
        from arena_core.cli.live import repeat

        repeat(lambda: _text(context, parsed, look())[0], EVERY)
    board = look()
    if output in ("json", "yaml"):
        from arena_core.cli.queues import as_data

        data = [as_data(queue, _kind(context)) for queue in board.queues]
        (dump_json if output == "json" else dump_yaml)(data)
    elif output == "name":
        for queue in board.queues:
            say(queue.name)
    else:
        text, gone = _text(context, parsed, board)
        say(text, painted=True)
        if gone:
            note_unread(parsed, f"too narrow for {', '.join(gone)}; a wider terminal or a pipe shows them")
    for text in board.notes:
        note_unread(parsed, text)
    return 0


def _text(context: Context, parsed: Parsed, board: QueueBoard) -> tuple[str, list[str]]:
    from arena_core.cli import queues

    if not parsed.args:
        return queues.summary(board.queues, namespaced=parsed.on("all_namespaces"), headers=not parsed.on("no_headers"))
    return "\n\n".join(_one(context, queue) for queue in board.queues), []


def _one(context: Context, queue: Queue) -> str:
    from arena_core.cli import queues

    why = queues.reasons(queue)
    return queues.details(queue, _kind(context)) + ("\n\nReasons:\n" + "\n".join(why) if why else "")


def _kind(context: Context) -> Callable[[Queued], str]:
    from arena_core.usecases.queues import owner_type

    return lambda one: owner_type(context.client.jobs, one)


COMMAND = Command(
    path="queue",
    summary="show the queues: quota, who runs, who waits at which place",
    usage="arena queue [NAME] [flags]",
    details="QUOTA is the queue's own; BORROWED comes from other queues of its cohort, LENT is used by them. What cannot be read is "
    "named. A place is no promise: a smaller job behind may fit first.",
    run=run,
    flags=(
        ALL_NAMESPACES,
        output_flag("wide", "json", "yaml", "name"),
        Flag("watch", "draw it again every 2 seconds, until Ctrl-C", short="w", boolean=True),
        NO_HEADERS,
        QUIET,
    ),
    words="queue",
)
