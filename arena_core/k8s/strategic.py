"""Strategic merge patch: lists merge by the key of their type, with Kubernetes' directives and order.

What is known of a type is asked of whoever calls: the local cluster has the API's schemas, ``podshape`` what needs none.
"""

from __future__ import annotations

from collections.abc import Callable

from arena_core.k8s.copies import clone, same
from arena_core.typed import Any

_ORDER, _DELETE, _RETAIN, _PATCH = "$setElementOrder/", "$deleteFromPrimitiveList/", "$retainKeys", "$patch"
#: (shape, field, what is there, what is merged into it) -> the shape of the field
Child = Callable[[Any, str, Any, Any], Any]


class PatchError(ValueError):
    """A patch cannot be merged; the words are those of the API server."""


def strategic_merge(shape: Any, target: Any, patch: dict[str, Any], child: Child) -> Any:
    """Return the target with a strategic merge patch; the target is not changed. Raises ``PatchError``.

    A shape has ``merge_key``, ``merge_strategy`` and ``items``.
    """
    directive = patch.get(_PATCH)
    if directive == "replace":
        return {key: clone(value) for key, value in patch.items() if key != _PATCH}
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise _unknown(directive, patch)
    out = dict(target) if isinstance(target, dict) else {}
    retain = patch.get(_RETAIN)
    if isinstance(retain, list):
        out = {key: value for key, value in out.items() if key in retain}
    for key, value in patch.items():
        if key in (_PATCH, _RETAIN) or key.startswith(_ORDER):
            continue
        if key.startswith(_DELETE):
            name = key[len(_DELETE) :]
            if isinstance(out.get(name), list) and isinstance(value, list):
                out[name] = [item for item in out[name] if item not in value]
            continue
        if value is None:
            out.pop(key, None)
            continue
        inner = child(shape, key, out.get(key), value)
        if isinstance(value, dict):
            out[key] = strategic_merge(inner, out.get(key), value, child)
        elif isinstance(value, list):
            out[key] = _list(inner, out.get(key), value, patch.get(_ORDER + key), child)
        else:
            out[key] = value
    for key, order in patch.items():
        name = key[len(_ORDER) :]
        if key.startswith(_ORDER) and name not in patch and isinstance(out.get(name), list) and isinstance(order, list):
            out[name] = _list(child(shape, name, out[name], []), out[name], [], order, child)
    return out


def _unknown(directive: Any, patch: dict[str, Any]) -> PatchError:
    return PatchError(f"unknown patch type: {directive} in map: {_go_map(patch)}")


def _go_map(value: dict[str, Any]) -> str:
    return "map[" + " ".join(f"{key}:{value[key]}" for key in sorted(value)) + "]"


def _list(shape: Any, live: Any, patch: list[Any], order: Any, child: Child) -> list[Any]:
    strategy = shape.merge_strategy.split(",")
    if "merge" not in strategy or (not isinstance(live, list) and not any(isinstance(item, dict) and _PATCH in item for item in patch)):
        return [clone(item) for item in patch]
    live = live if isinstance(live, list) else []
    if shape.merge_key:
        return _merge_objects(shape, live, patch, order, child)
    wanted = list(dict.fromkeys([*live, *patch]))
    ordered = order if isinstance(order, list) else patch
    return _arrange(wanted, ordered, live, None)


def _merge_objects(shape: Any, live: list[Any], patch: list[Any], order: Any, child: Child) -> list[Any]:
    key = shape.merge_key
    if any(isinstance(item, dict) and item.get(_PATCH) == "replace" for item in patch):
        return [clone(item) for item in patch if item.get(_PATCH) != "replace"]
    merged = list(live)
    kept: list[Any] = []
    for item in patch:
        if not isinstance(item, dict):
            raise PatchError("expected map in patch list")
        directive = item.get(_PATCH)
        if key not in item:
            raise PatchError(f"map: {_go_map(item)} does not contain declared merge key: {key}")
        found = next((at for at, old in enumerate(merged) if isinstance(old, dict) and same(old.get(key), item[key])), None)
        if directive == "delete":
            merged = [old for old in merged if old.get(key) != item[key]]
            continue
        if directive not in (None, "merge"):
            raise _unknown(directive, item)
        kept.append(item)
        made = strategic_merge(shape.items, merged[found] if found is not None else {}, item, child)
        if found is None:
            merged.append(made)
        else:
            merged[found] = made
    ordered = order if isinstance(order, list) else kept
    return _arrange(merged, ordered, live, key)


def _arrange(merged: list[Any], order: list[Any], live: list[Any], key: str | None) -> list[Any]:
    """Put the elements that the patch orders in its order, among the server's own in theirs."""

    def name(item: Any) -> Any:
        return item.get(key) if key is not None and isinstance(item, dict) else item

    rank = [name(item) for item in order]
    server = [name(item) for item in live]
    mine = sorted((item for item in merged if name(item) in rank), key=lambda item: rank.index(name(item)))
    theirs = [item for item in merged if name(item) not in rank]
    theirs.sort(key=lambda item: server.index(name(item)) if name(item) in server else len(server))
    out: list[Any] = []
    while mine and theirs:
        left, right = name(theirs[0]), name(mine[0])
        before = left in server and right in server and server.index(left) < server.index(right)
        out.append(theirs.pop(0) if before else mine.pop(0))
    return out + mine + theirs
