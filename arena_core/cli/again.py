"""Commands that a sentence suggests go where the command that says so went: with the same namespace, context and kubeconfig."""

from __future__ import annotations

from collections.abc import Mapping

from arena_core.lazily import pattern
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import re

    from arena_core.cli.flags import Parsed

#: A command of ours in a sentence: its first word, and the rest.
_COMMAND = pattern(r"`arena ([a-z][a-z-]*)((?: [^`]*)?)`")
#: Commands that reach no cluster, or not the one that is meant.
_ELSEWHERE = frozenset(
    ["local", "plugins", "help", "version", "completion", "exit-codes", "schema", "config", "demo", "history", "watchdog", "sweep"]
)
_WHERE: dict[str, str] = {}
_PARSED: list[Parsed] = []


def settled() -> Parsed:
    """Return the command line that was read last."""
    return _PARSED[-1]


def remember(values: Mapping[str, object], parsed: Parsed | None = None) -> None:
    """Keep where this command goes, of the flags that were typed."""
    _PARSED[:] = [parsed] if parsed is not None else []
    _WHERE.clear()
    for name, flag in (("namespace", "-n"), ("context", "--context"), ("config", "--config"), ("as_user", "--as")):
        if isinstance(value := values.get(name), str) and value:
            _WHERE[flag] = value


def again(text: str) -> str:
    """Return the sentence with each command of ours sent to where this one went."""
    return _COMMAND.sub(_sent, text) if _WHERE and "`arena " in text else text


def _sent(found: re.Match[str]) -> str:
    first, rest = found[1], found[2]
    given = rest.split()
    if first in _ELSEWHERE or any(word.startswith("--help") or (len(word) > 1 and word.isalpha() and word.isupper()) for word in given):
        return found[0]  # it goes elsewhere, or it only shows how such a command is written
    from shlex import quote

    lacking = {flag: value for flag, value in _WHERE.items() if flag not in given and not (flag == "-n" and "-A" in given)}
    flags = "".join(f" {flag} {quote(value)}" for flag, value in lacking.items())
    head, dashes, program = rest.partition(" -- ")
    return f"`arena {first}{head}{flags}{dashes}{program}`"
