"""A model server is called otherwise than the job that it is: whoever names it to a command for jobs is told how it is meant."""

from __future__ import annotations

from arena_core.cli.command import Context
from arena_core.contract.errors import ArenaError, NotFound

#: Commands of this name are there for servers, too.
_TWINS = frozenset(["get", "logs", "attach", "why", "wait", "open", "scale", "delete"])


def correct(context: Context, command: str, error: NotFound) -> None:
    """Give the error for a job that is not there the command for the server of its name, where there is one."""
    if not error.name or "/" in error.name:
        return
    try:
        found = context.client.servers(error.name).servers
    except ArenaError:
        return
    if found:
        error.hint = f"there is a model server of that name: `arena serve {command if command in _TWINS else 'get'} {error.name}`"
