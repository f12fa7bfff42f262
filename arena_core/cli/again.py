"""Commands that a sentence suggests go where the command that says so went: with the same namespace, context and kubeconfig."""

from __future__ import annotations

from collections.abc import Mapping

from arena_core.cli.run import current
from arena_core.lazily import pattern
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import re

#: A command of ours in a sentence: its first word, and the rest.
_COMMAND = pattern(r"`arena ([a-z][a-z-]*)((?: [^`]*)?)`")
#: Commands that reach no cluster, or not the one that is meant.
_ELSEWHERE = frozenset(
    ["local", "plugins", "help", "version", "completion", "exit-codes", "schema", "config", "demo", "history", "watchdog", "sweep"]
)
#: The persistent flags that say where a command goes.
_WHERE = (("namespace", "-n"), ("context", "--context"), ("config", "--config"), ("as_user", "--as"))


def _where() -> Mapping[str, str]:
    """Return the flags that were typed for where the command goes."""
    parsed = current().parsed
    values = parsed.values if parsed is not None else {}
    return {flag: value for name, flag in _WHERE if isinstance(value := values.get(name), str) and value}


def again(text: str) -> str:
    """Return the sentence with each command of ours sent to where this one went."""
    where = _where() if "`arena " in text else {}
    return _COMMAND.sub(lambda found: _sent(found, where), text) if where else text


def _sent(found: re.Match[str], where: Mapping[str, str]) -> str:
    first, rest = found[1], found[2]
    given = rest.split()
    if first in _ELSEWHERE or any(word.startswith("--help") or (len(word) > 1 and word.isalpha() and word.isupper()) for word in given):
        return found[0]  # it goes elsewhere, or it only shows how such a command is written
    from shlex import quote

    lacking = {flag: value for flag, value in where.items() if flag not in given and not (flag == "-n" and "-A" in given)}
    flags = "".join(f" {flag} {quote(value)}" for flag, value in lacking.items())
    head, dashes, program = rest.partition(" -- ")
    return f"`arena {first}{head}{flags}{dashes}{program}`"
