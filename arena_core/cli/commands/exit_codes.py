"""``arena exit-codes``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arena_core.cli.command import Command, Context
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import output_flag, write
from arena_core.cli.terminal import say
from arena_core.contract.errors import EXIT_CODES

if TYPE_CHECKING:
    from arena_core.cli.shapes import small


def document() -> str:
    """The page ``docs/exit-codes.md``; a test compares it with the file."""
    rows = "\n".join(f"| {code} | {meaning} |" for code, meaning in sorted(EXIT_CODES.items()))
    return (
        "# Exit codes\n\nMade from the table in `arena_core/contract/errors.py` by `arena exit-codes --markdown`.\n\n"
        f"| code | meaning |\n|---|---|\n{rows}\n\n"
        "`arena logs` and `arena attach` end with these codes, too; `attach` passes on the exit code of the command it ran.\n"
    )


def run(context: Context, parsed: Parsed) -> int:
    """Print the table."""
    data: list[small.ExitCode] = [{"code": code, "meaning": meaning} for code, meaning in sorted(EXIT_CODES.items())]
    if write(parsed, data):
        return 0
    if parsed.on("markdown"):
        say(document())
    else:
        say("\n".join(f"{code:>4}  {meaning}" for code, meaning in sorted(EXIT_CODES.items())))
    return 0


COMMAND = Command(
    "exit-codes",
    "print what the exit codes mean",
    run,
    prints="small.ExitCode[]",
    flags=(output_flag("wide"), Flag("markdown", "as the page in the documentation", boolean=True, hidden=True)),
)
