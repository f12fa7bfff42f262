"""``arena scaleout``."""

from arena_core.cli.commands.resize import OUT as COMMAND

__all__ = ["COMMAND"]
