"""``arena version``."""

from __future__ import annotations

import platform
import sys

from arena_core import __version__
from arena_core.cli.command import Command, Context
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.terminal import say


def run(context: Context, parsed: Parsed) -> int:
    """Print the version; ``--short`` one line, ``-v`` the plugins, too."""
    say(f"arena: v{__version__}")
    if parsed.on("short"):
        return 0
    say(f"  Python: {platform.python_version()} ({sys.executable})")
    say(f"  Platform: {platform.system().lower()}/{platform.machine()}")
    if parsed.on("verbose"):
        from arena_core.cli.discover import distributions

        say("  Plugins:")
        for name, version in distributions():
            say(f"    {name}: {version}")
    return 0


COMMAND = Command(
    path="version",
    summary="print the version",
    run=run,
    flags=(
        Flag("short", "print only the version", boolean=True),
        Flag("verbose", "also print the installed plugins", short="v", boolean=True),
    ),
)
