"""Arguments of job plugins: Go's flag syntax (``--name=value``, ``-name value``, a bare name for true)."""

from __future__ import annotations

from collections.abc import Sequence


def arguments(given: Sequence[str] | None) -> dict[str, str]:
    """Return the flags by name; what is no flag ends the reading, as Go's does."""
    found: dict[str, str] = {}
    words = [str(word) for word in given or ()]
    index = 0
    while index < len(words):
        word = words[index]
        if not word.startswith("-") or word in ("-", "--"):
            break
        name, sign, value = word.lstrip("-").partition("=")
        index += 1
        if not sign and index < len(words) and not words[index].startswith("-"):
            value = words[index]
            index += 1
        found[name] = value if sign or value else "true"
    return found


def truth(found: dict[str, str], name: str, default: bool) -> bool:
    """Return a boolean flag."""
    return found[name].lower() in ("1", "t", "true") if name in found else default


def number(found: dict[str, str], name: str, default: int) -> int:
    """Return an integer flag; what is no number counts as not given."""
    try:
        return int(found.get(name, default))
    except ValueError:
        return default
