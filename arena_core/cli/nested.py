"""A group of commands as the core's own, inside a typer application of a plugin: ``arena model analyze ...``."""

from __future__ import annotations

import typer

from arena_core.cli.command import Group
from arena_core.cli.flags import Parsed
from arena_core.cli.main import run_command
from arena_core.cli.opening import Opening

#: The words behind the name are left as they are, options and ``--help`` among them.
_UNTOUCHED = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "allow_interspersed_args": False,
    "help_option_names": [],
}


def opens(app: typer.Typer, name: str, group: Group, help: str) -> None:
    """Let ``name`` of a typer application open into the commands of a group."""

    def run(context: typer.Context) -> int:
        head = Parsed(values=dict(context.obj or {}))
        command, words = group.open(list(context.args), head)
        return run_command(command, words, head)

    kind = type("Opening", (Opening,), {"group": group})
    app.command(name, cls=kind, help=help, add_help_option=False, context_settings=_UNTOUCHED)(run)
