"""Options of a command line as Ray's programs take them: ``--name=value``, ``--name value``, switches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SWITCHES = ("head", "block", "no-wait", "follow", "no-monitor", "verbose", "help")


def read(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the options and the other words; what follows ``--`` is words alone.

    >>> read(["--head", "--port=1", "--address", "a:2", "x", "--", "--y"])
    ({'head': '', 'port': '1', 'address': 'a:2'}, ['x', '--y'])
    """
    options: dict[str, str] = {}
    rest: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            return options, rest + waiting
        if not word.startswith("--"):
            rest.append(word)
            continue
        name, given, value = word[2:].partition("=")
        if not given and name not in SWITCHES and waiting and not waiting[0].startswith("--"):
            value = waiting.pop(0)
        options[name] = value
    return options, rest


def without(words: Sequence[str], names: Iterable[str]) -> list[str]:
    """Return the words without these options and their values."""
    dropped = {f"--{name}" for name in names}
    kept: list[str] = []
    skip = False
    for word in words:
        if skip and not word.startswith("--"):
            skip = False
            continue
        skip = word in dropped
        if not skip and word.partition("=")[0] not in dropped:
            kept.append(word)
    return kept
