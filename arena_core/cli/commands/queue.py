"""``arena queue [NAME]``."""

from __future__ import annotations

from collections.abc import Callable

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import ALL_NAMESPACES, NO_HEADERS, QUIET
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import can_be_watched, output_flag, wants_data, write
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.cli.live import Look
    from arena_core.contract.queues import Queue, Queued
    from arena_core.usecases.queues import QueueBoard

#: Seconds after which it looks again though nothing has changed: times go on.
EVERY = 2.0


def run(context: Context, parsed: Parsed) -> int:
    """Show the queues, or one with everybody who stands in it."""
    if len(parsed.args) > 1:
        raise UsageError(f"one queue at a time: what is {parsed.args[1]!r}?", f"`arena queue {parsed.args[0]}`")
    name = parsed.args[0] if parsed.args else ""
    if parsed.args and not name.strip():
        raise UsageError("the name of the queue is empty", "is a variable of your script unset?")
    if parsed.on("watch"):
        can_be_watched(parsed)
    if nothing_yet(context.settings):
        write(parsed, [])
        note("no cluster is configured and there is no local one yet, so there are no queues; `arena local up` starts one")
        return 0

    from arena_core.cli import live

    def look() -> live.Look:
        return _look(context, parsed, context.client.queues(name, all_namespaces=parsed.on("all_namespaces")))

    if parsed.on("watch"):
        return live.watch(parsed, look, context.client.pulse("queues", tick=EVERY))
    return live.show_once(parsed, look())


def _look(context: Context, parsed: Parsed, board: QueueBoard) -> Look:
    from arena_core.cli import queues
    from arena_core.cli.live import Look

    if wants_data(parsed):
        return Look(board.notes, data=[queues.as_data(queue, _kind(context)) for queue in board.queues])
    if parsed.text("output") == "name":
        return Look(board.notes, "\n".join(queue.name for queue in board.queues))
    if parsed.args:
        shown = [_one(context, queue) for queue in board.queues]
        return Look(board.notes, "\n\n".join(text for text, _ in shown), shown[0][1])
    return Look(board.notes, *queues.summary(board.queues, namespaced=parsed.on("all_namespaces"), headers=not parsed.on("no_headers")))


def _one(context: Context, queue: Queue) -> tuple[str, list[str]]:
    from arena_core.cli import queues

    text, gone = queues.details(queue, _kind(context))
    why = queues.reasons(queue)
    return text + ("\n\nReasons:\n" + "\n".join(why) if why else ""), gone


def _kind(context: Context) -> Callable[[Queued], str]:
    from arena_core.usecases.queues import owner_type

    return lambda one: owner_type(context.client.jobs, one)


COMMAND = Command(
    "queue",
    "show the queues: quota, who runs, who waits at which place",
    run,
    takes="[NAME]",
    details="QUOTA is the queue's own; BORROWED comes from other queues of its cohort, LENT is used by them. What cannot be read is "
    "named. A place is no promise: a smaller job behind may fit first.",
    prints="queues.Queue[]",
    flags=(
        ALL_NAMESPACES,
        output_flag("wide", "name"),
        Flag("watch", "show changes as they come, until Ctrl-C", short="w", boolean=True),
        NO_HEADERS,
        QUIET,
    ),
    words="queues",
)
