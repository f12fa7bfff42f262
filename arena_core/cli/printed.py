"""Which commands print data, and the JSON Schema of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from arena_core.cli import catalog
from arena_core.cli.command import Command, Group
from arena_core.contract.errors import UsageError


def commands() -> Iterator[Command]:
    """Yield every command of the core, those inside of groups, too."""
    for entry in catalog.ENTRIES:
        found: Command | Group = import_module(f"arena_core.cli.{entry.module}").COMMAND
        if isinstance(found, Group):
            yield from (found.overview(), *found.parts)
        else:
            yield found


def schema_of_command(words: Sequence[str]) -> dict[str, Any]:
    """Return the JSON Schema of what ``arena WORDS -o json`` prints; raises ``UsageError`` for a command that prints no data."""
    from arena_core.cli.shapes.schema import schema_of, shape_of

    path = " ".join(words).removeprefix("arena ")
    if entry := catalog.find(path):
        path = entry.name
    known = {command.path: command.prints for command in commands() if command.prints}
    if path in known:
        return schema_of(shape_of(known[path]), f"arena {path} -o json")
    plugins = of_plugins()
    if path in plugins:
        return schema_of(plugins[path], f"arena {path} -o json")
    raise UsageError(f"{path!r} is not a command that prints data", f"commands: {', '.join([*known, *plugins])}")


def of_plugins() -> dict[str, Any]:
    """Return the shapes of what the command groups of plugins print, by command (``local status``)."""
    from arena_core.cli.shapes.schema import shape_of

    return {path: shape_of(shape) if isinstance(shape, str) else shape for path, shape in _in_plugins() if shape}


def names_of_plugins() -> list[str]:
    """Return every command of the command groups of plugins, whether it prints data or not."""
    return [path for path, _ in _in_plugins()]


def _in_plugins() -> Iterator[tuple[str, Any]]:
    """Yield each command with what it says that it prints: nothing, a shape, or the name of one."""
    from arena_core.cli.jobtypes import registry
    from arena_core.cli.opening import group_of

    plugins = registry()
    for entry in plugins.commands():
        app = plugins.load(entry)
        groups = [app] if isinstance(app, Group) else []
        for command in getattr(app, "registered_commands", ()):
            if inner := group_of(command.cls):
                groups.append(inner)
            else:
                yield f"{entry.name} {command.name or command.callback.__name__}", getattr(command.callback, "__prints__", None)
        for group in groups:
            yield from ((part.path, part.prints) for part in group.parts)
