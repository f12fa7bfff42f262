"""``arena scalein``."""

from arena_core.cli.commands.resize import IN as COMMAND

__all__ = ["COMMAND"]
