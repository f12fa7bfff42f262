"""The part of a group that is meant by its first word: ``arena data put``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from arena_core.cli.command import Command
from arena_core.cli.parse import first_word
from arena_core.contract.errors import UsageError


def part_of(
    words: Sequence[str],
    parts: Mapping[str, Command],
    overview: Callable[[], Command],
    missing: UsageError,
    strange: Callable[[str], UsageError],
) -> tuple[Command, list[str]]:
    """Return the part with the words that are left for it; raises ``missing`` where no word is there, ``strange`` for an unknown one."""
    first, rest = first_word(words, {flag.name: flag for part in parts.values() for flag in part.flags}.values())
    if not first.args:
        if first.help:
            return overview(), ["--help"]
        raise missing
    if first.args[0] not in parts:
        raise strange(first.args[0])
    return parts[first.args[0]], rest
