"""RFC 6902: JSON Patch."""

from __future__ import annotations

from typing import Any

from arena_core.k8s.copies import clone, same


class PatchFailed(ValueError):
    """An operation cannot be done; the message says why (the API server does not)."""


def apply_json_patch(target: Any, operations: list[Any]) -> Any:
    """Return the target with all operations done on a copy."""
    root = {"": clone(target)}
    for number, operation in enumerate(operations, 1):
        if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
            raise PatchFailed("an operation needs a path")
        try:
            _one(root, operation)
        except PatchFailed as error:
            raise PatchFailed(f"operation {number} ({operation.get('op')} {operation['path']}): {error}") from None
    return root[""]


def _pointer(text: str) -> list[str]:
    if text and not text.startswith("/"):
        raise PatchFailed(f"the path {text!r} does not begin with /")
    return [""] + [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _parent(root: Any, path: list[str]) -> Any:
    place = root
    for part in path[:-1]:
        place = _child(place, part)
    return place


def _child(place: Any, part: str) -> Any:
    if isinstance(place, dict) and part in place:
        return place[part]
    if isinstance(place, list):
        return place[_index(place, part, 0)]
    raise PatchFailed(f"there is no {part!r}")


def _index(place: list[Any], part: str, beyond: int) -> int:
    if part == "-" and beyond:
        return len(place)
    if not part.lstrip("-").isdigit():
        raise PatchFailed(f"{part!r} is no index of a list")
    index = int(part)
    if index < 0:
        index += len(place)
    if not 0 <= index < len(place) + beyond:
        raise PatchFailed(f"the list has {len(place)} elements, none at {part}")
    return index


def _get(root: Any, path: list[str]) -> Any:
    return _child(_parent(root, path), path[-1])


def _add(root: Any, path: list[str], value: Any) -> None:
    place = _parent(root, path)
    if isinstance(place, dict):
        place[path[-1]] = value
    elif isinstance(place, list):
        place.insert(_index(place, path[-1], 1), value)
    else:
        raise PatchFailed(f"{path[-1]!r} cannot be put into a single value")


def _remove(root: Any, path: list[str]) -> Any:
    place = _parent(root, path)
    if isinstance(place, dict) and path[-1] in place and len(path) > 1:
        return place.pop(path[-1])
    if isinstance(place, list):
        return place.pop(_index(place, path[-1], 0))
    raise PatchFailed(f"there is no {path[-1]!r}")


def _replace(root: Any, path: list[str], value: Any) -> None:
    place = _parent(root, path)
    if isinstance(place, dict):
        place[path[-1]] = value  # Kubernetes' library adds a key that is missing.
    elif isinstance(place, list):
        place[_index(place, path[-1], 0)] = value
    else:
        raise PatchFailed(f"there is no {path[-1]!r}")


def _one(root: Any, operation: dict[str, Any]) -> None:
    name, path = operation.get("op"), _pointer(operation["path"])
    if name in ("copy", "move"):
        source = _pointer(operation["from"]) if isinstance(operation.get("from"), str) else None
        if source is None or (name == "move" and path[: len(source)] == source and path != source):
            raise PatchFailed(f"{name} needs a from that is not above its path")
        value = clone(_get(root, source)) if name == "copy" else _remove(root, source)
        _add(root, path, value)
    elif name == "remove":
        _remove(root, path)
    elif name == "test":
        try:
            found = _get(root, path)
        except PatchFailed:
            found = None
        if not same(found, operation.get("value")):
            raise PatchFailed("the value is another one")
    elif name in ("add", "replace") and "value" in operation:
        (_add if name == "add" else _replace)(root, path, clone(operation["value"]))
    else:
        raise PatchFailed("expected the op add, remove, replace, move, copy or test; add, replace and test with a value")
