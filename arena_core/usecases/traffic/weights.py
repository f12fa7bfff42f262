"""Versions and their percents, as they are typed."""

from __future__ import annotations

from collections.abc import Iterable

from arena_core.contract.errors import UsageError

HINT = "for example --version-weight v1:80 --version-weight v2:20"


def weights_of(pairs: Iterable[str]) -> dict[str, int]:
    """Read ``VERSION:PERCENT`` pairs; together they are 100.

    >>> weights_of(["v1:80", "v2:20"])
    {'v1': 80, 'v2': 20}
    """
    found: dict[str, int] = {}
    for text in pairs:
        version, sign, number = text.rpartition(":")
        if not sign or not version or not (number.isascii() and number.isdecimal() and len(number) < 4):
            raise UsageError(f"{text!r} is not of the form VERSION:PERCENT", HINT)
        if version in found:
            raise UsageError(f"version {version} is named twice", HINT)
        found[version] = int(number)
    if not found:
        raise UsageError("which versions are to get the requests?", HINT)
    if sum(found.values()) != 100:
        raise UsageError(f"the percents are {sum(found.values())} together, and must be 100", HINT)
    return found
