"""``--sweep lr=0.1,0.01 --sweep seed=1..3``: which values, and all their combinations. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

from arena_core.contract.errors import UsageError

#: Nobody means more jobs than this with one line.
MOST = 1000
_RANGE = re.compile(r"(-?[0-9]{1,9})\.\.(-?[0-9]{1,9})(?:\.\.([0-9]{1,9}))?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_.\[\]-]+)?")


def read(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of each parameter; raises ``UsageError``.

    >>> read(["lr=0.1,0.01", "seed=1..3", "n=8..16..4,32"])
    {'lr': ['0.1', '0.01'], 'seed': ['1', '2', '3'], 'n': ['8', '12', '16', '32']}
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        name = name.strip()
        if not equals or not _NAME.fullmatch(name):
            raise UsageError(f"--sweep: {text!r} is not NAME=VALUE,VALUE...", "for example --sweep lr=0.1,0.01 --sweep seed=1..3")
        if name in found:
            raise UsageError(f"--sweep: {name} is given twice", f"put all values into one: --sweep {name}=A,B")
        found[name] = [value for part in values.split(",") for value in _values(part.strip(), text)]
        if len(set(found[name])) < len(found[name]):
            raise UsageError(f"--sweep: {text!r} has a value twice", "each combination is a job of its own")
    total = 1
    for values_of_one in found.values():
        total *= len(values_of_one)
    if total > MOST:
        raise UsageError(f"--sweep: {total} combinations are more than {MOST} jobs", "use fewer values")
    return found


def _values(part: str, whole: str) -> list[str]:
    match = _RANGE.fullmatch(part)
    if match is None:
        if not part:
            raise UsageError(f"--sweep: {whole!r} has an empty value", "for example --sweep lr=0.1,0.01")
        return [part]
    first, last, step = int(match[1]), int(match[2]), int(match[3] or 1)
    if last < first or step < 1 or (last - first) // step >= MOST:
        raise UsageError(f"--sweep: {part} is not a range", f"FIRST..LAST or FIRST..LAST..STEP, of {MOST} values at most")
    return [str(number) for number in range(first, last + 1, step)]


def combinations(values: dict[str, list[str]]) -> list[dict[str, str]]:
    """Return every combination, the last parameter changing first."""
    return [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())]


def filled(command: Any, parameters: dict[str, str]) -> Any:
    """Return a command with ``{lr}`` replaced; other braces stay.

    >>> filled(["python", "t.py", "--lr={lr}", "{other}"], {"lr": "0.1"})
    ['python', 't.py', '--lr=0.1', '{other}']
    """
    if isinstance(command, list | tuple):
        return [filled(word, parameters) for word in command]
    if not isinstance(command, str):
        return command
    for name, value in parameters.items():
        command = command.replace("{" + name + "}", value)
    return command
