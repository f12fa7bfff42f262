"""``arena version``."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

from arena_core import __version__
from arena_core.cli.command import Command, Context
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import output_flag, wants_data, write
from arena_core.cli.terminal import say

if TYPE_CHECKING:
    from arena_core.cli.shapes import small


def run(context: Context, parsed: Parsed) -> int:
    """Print the version; ``--short`` one line, ``-v`` the plugins, too."""
    if wants_data(parsed):
        write(parsed, _data(parsed))
        return 0
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


def _data(parsed: Parsed) -> small.Version:
    data: small.Version = {
        "version": __version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
    if parsed.on("verbose"):
        from arena_core.cli.discover import distributions

        data["plugins"] = [{"name": name, "version": version} for name, version in distributions()]
    return data


COMMAND = Command(
    "version",
    "print the version",
    run,
    prints="small.Version",
    flags=(
        output_flag("wide"),
        Flag("short", "print only the version", boolean=True),
        Flag("verbose", "also print the installed plugins", short="v", boolean=True),
    ),
)
