"""``--set a.b[0]=c``: Helm's way to change a value of a file from the command line.

Several assignments may stand in one, with commas; ``{a,b}`` is a list; a backslash takes the next character as it is;
``true``, ``false``, ``null`` and whole numbers are what they look like; ``--set-string`` keeps text.
"""

from __future__ import annotations

import re
from typing import Any

from arena_core.contract.errors import UsageError

#: No job needs a longer list, and a typing error in an index must not fill the memory.
MAX_INDEX = 1024


def apply(data: dict[str, Any], assignment: str, *, text: bool = False) -> None:
    """Change ``data`` as ``assignment`` (what stands behind ``--set``) says."""
    for part in _split(assignment, ","):
        path, equals, raw = _partition(part)
        if not equals or not path:
            raise UsageError(
                f"--set: {part!r} is not KEY=VALUE", "for example --set workers=4, --set env.LR=0.1 or --set data[0]=pvc:/data"
            )
        _assign(data, _steps(path), raw if text else _value(raw), path)


def put(data: dict[str, Any], path: str, value: str) -> None:
    """Put a value at one path, read as ``--set`` reads it; commas in it mean themselves."""
    _assign(data, _steps(path), _value(value), path)


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator that is not escaped and not within braces; escapes stay."""
    parts, current, depth, escaped = [], "", 0, False
    for char in text:
        if escaped or char == "\\":
            escaped = not escaped
            current += char
            continue
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == separator and depth <= 0:
            parts.append(current)
            current = ""
        else:
            current += char
    return [*parts, current]


def _partition(text: str) -> tuple[str, str, str]:
    parts = _split(text, "=")
    return (parts[0], "=", text[len(parts[0]) + 1 :]) if len(parts) > 1 else (text, "", "")


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in _split(path, "."):
        name = part
        indices: list[int] = []
        while match := re.search(r"\[(\d+)\]$", name):
            indices.insert(0, int(match.group(1)))
            name = name[: match.start()]
        if name:
            steps.append(_unescape(name))
        elif not indices:
            raise UsageError(f"--set: {path!r} has an empty part")
        steps += indices
    return steps


def _assign(data: Any, steps: list[str | int], value: Any, path: str) -> None:
    here = data
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int) != isinstance(here, list):
            raise UsageError(f"--set {path}: {'an index' if isinstance(step, int) else 'a name'} does not fit what is there")
        if isinstance(step, int):
            if step > MAX_INDEX:
                raise UsageError(f"--set {path}: the index {step} is too large (at most {MAX_INDEX})")
            here.extend([None] * (step + 1 - len(here)))
        if following is None:
            if value is None and isinstance(step, str):
                here.pop(step, None)
            else:
                here[step] = value
            return
        inner = here[step] if isinstance(step, int) else here.get(step)
        if not isinstance(inner, dict | list):
            inner = [] if isinstance(following, int) else {}
            here[step] = inner
        here = inner


def _value(raw: str) -> Any:
    if raw.startswith("{") and raw.endswith("}"):
        inner = raw[1:-1]
        return [_value(part) for part in _split(inner, ",")] if inner else []
    words = {"true": True, "false": False, "null": None}
    if raw in words:
        return words[raw]
    return int(raw) if re.fullmatch(r"-?(0|[1-9]\d*)", raw) else _unescape(raw)
