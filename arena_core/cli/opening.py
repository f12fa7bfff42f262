"""What a command of a typer application is that opens into the commands of a group."""

from __future__ import annotations

from typing import Any, ClassVar

from typer.core import TyperCommand

from arena_core.cli.command import Group


class Opening(TyperCommand):
    """A command that hands the words behind its name to a group; each has a class of its own, which names that."""

    group: ClassVar[Group]


def group_of(kind: Any) -> Group | None:
    """Return the group into which commands of this class open, or None for other commands."""
    return kind.group if isinstance(kind, type) and issubclass(kind, Opening) else None
