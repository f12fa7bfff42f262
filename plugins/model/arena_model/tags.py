"""Tags as a person writes them."""

from __future__ import annotations

from collections.abc import Iterable

from arena_core.contract.errors import UsageError


def read(texts: Iterable[str], flag: str, *, removable: bool = False) -> dict[str, str | None]:
    """Return tags of ``key=value,key2``; with ``removable`` a dash at the end removes one, whose value is None then.

    >>> read(["a=b,c", "d=e=f"], "--tags"), read(["a-,b=c-"], "--tags", removable=True)
    ({'a': 'b', 'c': '', 'd': 'e=f'}, {'a': None, 'b': None})
    """
    found: dict[str, str | None] = {}
    for part in (part.strip() for text in texts for part in text.split(",")):
        if not part:
            continue
        gone = removable and part.endswith("-")
        key, _, value = (part[:-1] if gone else part).partition("=")
        if not key.strip():
            raise UsageError(f"{flag}: {part!r} has no key", "expected key=value, several of them with commas between")
        found[key.strip()] = None if gone else value.strip()
    return found


def given(texts: Iterable[str], flag: str) -> dict[str, str]:
    """Return tags that are set."""
    return {key: value or "" for key, value in read(texts, flag).items()}
