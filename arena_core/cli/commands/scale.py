"""``arena scale JOB ROLE=N...``."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import TYPE, check_names
from arena_core.cli.flags import Parsed
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError

EXAMPLE = "for example `arena scale {} worker=4`"


def run(context: Context, parsed: Parsed) -> int:
    """Change the sizes."""
    if not parsed.args:
        raise UsageError("which job? `arena scale JOB ROLE=N`", EXAMPLE.format("mnist"))
    name, *words = parsed.args
    check_names([name])
    sizes = sizes_of(words, EXAMPLE.format(name))
    job = context.client.scale(name, sizes, job_type=parsed.text("type"))
    note(f"{job.job_type} {job.name} is scaled to {', '.join(f'{role}={number}' for role, number in sizes.items())}")
    return 0


def sizes_of(words: Sequence[str], example: str) -> dict[str, int]:
    """Read ``worker=4``; each role once."""
    found: dict[str, int] = {}
    for word in words:
        role, equals, number = word.partition("=")
        if not role or not equals or not (number.isascii() and number.isdecimal() and len(number) < 8):
            raise UsageError(f"{word!r} is not ROLE=N", example)
        if role in found:
            raise UsageError(f"{role} is given twice", example)
        found[role] = int(number)
    if not found:
        raise UsageError("scale it to what? `arena scale JOB ROLE=N`", example)
    return found


COMMAND = Command(
    "scale", "change how many instances a role of a running job has", run, takes="JOB ROLE=N...", flags=(TYPE,), words="job role"
)
