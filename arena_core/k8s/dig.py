"""Reading arbitrary JSON without surprises: what is missing or of another type counts as empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from arena_core.k8s import conditions
from arena_core.typed import Any


def dig(obj: Any, *path: str | int) -> Any:
    """Return what lies at the path of keys and indices, or None.

    >>> dig({"a": [{"b": 1}]}, "a", 0, "b"), dig({"a": 3}, "a", "b")
    (1, None)
    """
    for part in path:
        # Nearly all is a plain dict: asking the abstract class takes several times as long as looking something up.
        if obj is None:
            return None
        if type(obj) is dict or (isinstance(part, str) and isinstance(obj, Mapping)):
            obj = obj.get(part)
        elif isinstance(obj, list | tuple) and isinstance(part, int) and -len(obj) <= part < len(obj):
            obj = obj[part]
        else:
            return None
    return obj


def text(obj: Any, *path: str | int) -> str:
    """Return the text at the path, or an empty one."""
    for part in path:
        if type(obj) is dict:
            obj = obj.get(part)
        elif obj is None:
            return ""
        else:
            obj = dig(obj, part)
    return obj if isinstance(obj, str) else ""


def number(obj: Any, *path: str | int, default: int = 0) -> int:
    """Return the whole number at the path (also written as text), or the default."""
    found = dig(obj, *path)
    if type(found) is int:
        return found
    if isinstance(found, bool):
        return default
    if isinstance(found, int):
        return found
    if isinstance(found, str) and len(found) < 20 and found.isascii() and found.removeprefix("-").isdigit():
        return int(found)
    return default


def flag(obj: Any, *path: str | int) -> bool:
    """Return whether ``true`` stands at the path."""
    return dig(obj, *path) is True


def mapping(obj: Any, *path: str | int) -> Mapping[str, Any]:
    """Return the mapping at the path, or an empty one."""
    found = dig(obj, *path)
    return found if type(found) is dict or isinstance(found, Mapping) else {}


def items(obj: Any, *path: str | int) -> Iterator[Mapping[str, Any]]:
    """Yield the mappings of the list at the path."""
    found = dig(obj, *path)
    if isinstance(found, list | tuple):
        yield from (item for item in found if type(item) is dict or isinstance(item, Mapping))


def condition(obj: Any, kind: str) -> Mapping[str, Any]:
    """Return the condition of this type in ``status.conditions``, or an empty mapping."""
    return conditions.find(obj, kind) or {}


def labels(obj: Any) -> dict[str, str]:
    """Return the labels of an object that are text, as they should be."""
    return {k: v for k, v in mapping(obj, "metadata", "labels").items() if isinstance(k, str) and isinstance(v, str)}
