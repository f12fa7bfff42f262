"""The JSONPath of printer columns: fields, indices, slices and equality filters."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_STEP = re.compile(
    r"""\.(?P<field>(?:[\w-]|\\\.)+)|\.\*|\[(?P<star>\*)\]|\[['"](?P<quoted>[^'"]+)['"]\]|\[(?P<index>-?\d+)\]|\[(?P<slice>-?\d*:-?\d*)\]"""
    r"""|\[\?\(\s*@\.(?P<key>[\w.-]+)\s*==\s*['"](?P<value>[^'"]*)['"]\s*\)\]"""
)


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[tuple[str, Any], ...] | None:
    text = path.strip().strip("{}")
    text = text if text.startswith((".", "[")) else "." + text
    found: list[tuple[str, Any]] = []
    at = 0
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            return None
        at = step.end()
        if step["field"]:
            found.append(("field", step["field"].replace("\\.", ".")))
        elif step["quoted"]:
            found.append(("field", step["quoted"]))
        elif step["index"]:
            found.append(("index", int(step["index"])))
        elif step["slice"]:
            first, _, last = step["slice"].partition(":")
            found.append(("slice", slice(int(first) if first else None, int(last) if last else None)))
        elif step["key"]:
            found.append(("filter", (step["key"].split("."), step["value"])))
        else:
            found.append(("all", None))
    return tuple(found)


def _dig(value: Any, path: list[str]) -> Any:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def find_all(obj: Any, path: str) -> list[Any]:
    """Return the values at a path; an expression that is not understood finds nothing."""
    values = [obj]
    for kind, what in _steps(path) or (("index", None),):
        found: list[Any] = []
        for value in values:
            if kind == "field":
                if isinstance(value, dict) and what in value:
                    found.append(value[what])
            elif isinstance(value, list):
                if kind == "index" and isinstance(what, int) and -len(value) <= what < len(value):
                    found.append(value[what])
                elif kind == "slice" and isinstance(what, slice):
                    found.extend(value[what])
                elif kind == "filter" and isinstance(what, tuple):
                    found.extend(item for item in value if str(_dig(item, what[0])) == what[1])
                elif kind == "all":
                    found.extend(value)
            elif isinstance(value, dict) and kind == "all":
                found.extend(value.values())
        values = found
    return values
