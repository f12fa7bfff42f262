"""``arena whoami``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arena_core.cli.command import Command, Context
from arena_core.cli.flags import Parsed
from arena_core.cli.output import line, output_flag, write
from arena_core.cli.terminal import say

if TYPE_CHECKING:
    from arena_core.cli.shapes import small


def run(context: Context, parsed: Parsed) -> int:
    """Print who the cluster says you are, as Arena prints it."""
    from arena_core.usecases.identity import Identity

    who = Identity(context.client.cluster.who_am_i())
    data: small.Whoami = {"Name": who.name, "Id": who.uid, "IsAdminUser": False}
    if not write(parsed, data):
        say(line(data, separators=(",", ":")), painted=True)
    return 0


COMMAND = Command(
    "whoami",
    "print who the cluster says you are",
    run,
    prints="small.Whoami",
    flags=(output_flag("wide", text="output format; wide is a line of JSON, as Arena prints it"),),
)
