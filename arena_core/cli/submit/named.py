"""``arena submit TYPE`` under another name: ``arena serve custom``, ``arena model analyze profile``."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.flags import Flag, Parsed
from arena_core.records import replace
from arena_core.typed import Any

#: Arena's way to give the command; as with submit it may also come last.
COMMAND_FLAG = Flag("command_text", "the command, for the shell (it may also come last)", long="command", group="Common", metavar="COMMAND")


def under(found: Command, path: str, *, fixed: dict[str, Any] | None = None, **more: Any) -> Command:
    """Return the command that submits jobs of a type as one of the name ``path``.

    ``fixed`` are values that the name says already, by field; ``more`` are other parts of the command (``summary``, ``usage`` …).
    """
    settled = fixed or {}

    def run(context: Context, parsed: Parsed) -> int:
        text: Any = parsed.values.pop("command_text", "")
        if text and parsed.args:
            parsed.problems.append("the command is given twice, with --command and as the last words")
        elif text:
            parsed.args, parsed.dashed = [text], True
        parsed.values.update(settled)
        return found.run(context, parsed)

    flags = more.pop("flags", found.flags)
    return replace(found, path=path, run=run, flags=(COMMAND_FLAG, *(flag for flag in flags if flag.name not in settled)), **more)
