"""Paths inside an object, as pod sets and field errors write them: ``spec.tasks[0].template``, ``metadata.labels['a.b/c']``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from arena_core.typed import Any

Step = str | int

_STEP = r"""\.?([^.\[\]'"]+)|\[([0-9]+)\]|\['([^']*)'\]|\["([^"]*)"\]"""


@lru_cache(maxsize=1024)
def steps(path: str) -> tuple[Step, ...]:
    """Return the keys and indices of a path; raises ``ValueError`` where it is none.

    >>> steps("spec.tasks[0].template"), steps("metadata.labels['a.b/c']")
    (('spec', 'tasks', 0, 'template'), ('metadata', 'labels', 'a.b/c'))
    """
    found: list[Step] = []
    at = 0
    while at < len(path):
        match = re.compile(_STEP).match(path, at)
        if match is None or (at == 0 and path[0] == ".") or (at and match[1] and path[at] != "."):
            raise ValueError(f"{path!r} is not a path such as spec.tasks[0].template")
        field, index, single, double = match.groups()
        found.append(int(index) if index is not None else next(p for p in (field, single, double) if p is not None))
        at = match.end()
    return tuple(found)


def text(parts: Sequence[Step]) -> str:
    """Write keys and indices as a path that ``steps`` reads."""
    found = ""
    for part in parts:
        if isinstance(part, int):
            found += f"[{part}]"
        elif re.fullmatch(r"""[^.\[\]'"]+""", part):
            found += f".{part}" if found else part
        else:
            found += f'["{part}"]' if "'" in part else f"['{part}']"
    return found


def get(obj: Any, path: str | Sequence[Step]) -> Any:
    """Return what lies at the path, or None; total over any JSON.

    >>> get({"spec": {"tasks": [{"name": "a"}]}}, "spec.tasks[0].name")
    'a'
    """
    for part in steps(path) if isinstance(path, str) else path:
        if isinstance(part, str) and isinstance(obj, Mapping):
            obj = obj.get(part)
        elif isinstance(part, int) and isinstance(obj, list | tuple) and -len(obj) <= part < len(obj):
            obj = obj[part]
        else:
            return None
    return obj


def put(obj: dict[str, Any], path: str | Sequence[Step], value: Any) -> None:
    """Set what lies at the path; missing mappings are made on the way. Raises ``ValueError`` where the path leads into something else."""
    parts = steps(path) if isinstance(path, str) else tuple(path)
    at: Any = obj
    for number, part in enumerate(parts[:-1]):
        if isinstance(part, str) and isinstance(at, dict):
            if at.get(part) is None and isinstance(parts[number + 1], str):
                at[part] = {}
            at = at.get(part)
        elif isinstance(part, int) and isinstance(at, list) and part < len(at):
            at = at[part]
        else:
            raise ValueError(f"{text(parts)} does not exist in the object")
    last: Any = parts[-1]
    fits = isinstance(at, dict) if isinstance(last, str) else isinstance(at, list) and last < len(at)
    if not fits:
        raise ValueError(f"{text(parts)} does not exist in the object")
    at[last] = value
