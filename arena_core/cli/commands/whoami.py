"""``arena whoami``."""

from __future__ import annotations

import json

from arena_core.cli.command import Command, Context
from arena_core.cli.flags import Parsed
from arena_core.cli.terminal import say


def run(context: Context, parsed: Parsed) -> int:
    """Print who the cluster says you are, as Arena prints it."""
    from arena_core.usecases.identity import Identity

    who = Identity(context.client.cluster.who_am_i())
    say(json.dumps({"Name": who.name, "Id": who.uid, "IsAdminUser": False}, separators=(",", ":")))
    return 0


COMMAND = Command(path="whoami", summary="print who the cluster says you are", run=run)
