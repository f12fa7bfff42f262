"""Strategic merge patch: lists merge by the key of their type, with Kubernetes' directives and order."""

from __future__ import annotations

from typing import Any

from arena_local.server.copies import clone, same
from arena_local.server.errors import Refusal
from arena_local.server.fieldsets import FREE, child_of
from arena_local.server.schema import Node

_ORDER, _DELETE, _RETAIN, _PATCH = "$setElementOrder/", "$deleteFromPrimitiveList/", "$retainKeys", "$patch"


def strategic_merge(node: Node, target: Any, patch: dict[str, Any]) -> Any:
    """Return the target with a strategic merge patch; the target is not changed."""
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
        child = child_of(node, key)
        if isinstance(value, dict):
            out[key] = strategic_merge(child, out.get(key), value)
        elif isinstance(value, list):
            out[key] = _list(child, out.get(key), value, patch.get(_ORDER + key))
        else:
            out[key] = value
    for key, order in patch.items():
        name = key[len(_ORDER) :]
        if key.startswith(_ORDER) and name not in patch and isinstance(out.get(name), list) and isinstance(order, list):
            out[name] = _list(child_of(node, name), out[name], [], order)
    return out


def _unknown(directive: Any, patch: dict[str, Any]) -> Refusal:
    return Refusal(500, "", f"unknown patch type: {directive} in map: {_go_map(patch)}")


def _go_map(value: dict[str, Any]) -> str:
    return "map[" + " ".join(f"{key}:{value[key]}" for key in sorted(value)) + "]"


def _list(node: Node, live: Any, patch: list[Any], order: Any) -> list[Any]:
    strategy = node.merge_strategy.split(",")
    if "merge" not in strategy or (not isinstance(live, list) and not any(isinstance(item, dict) and _PATCH in item for item in patch)):
        return [clone(item) for item in patch]
    live = live if isinstance(live, list) else []
    if node.merge_key:
        return _merge_objects(node, live, patch, order)
    wanted = list(dict.fromkeys([*live, *patch]))
    ordered = order if isinstance(order, list) else patch
    return _arrange(wanted, ordered, live, None)


def _merge_objects(node: Node, live: list[Any], patch: list[Any], order: Any) -> list[Any]:
    key, items = node.merge_key, node.items or FREE
    if any(isinstance(item, dict) and item.get(_PATCH) == "replace" for item in patch):
        return [clone(item) for item in patch if item.get(_PATCH) != "replace"]
    merged = list(live)
    kept: list[Any] = []
    for item in patch:
        if not isinstance(item, dict):
            raise Refusal(500, "", "expected map in patch list")
        directive = item.get(_PATCH)
        if key not in item:
            raise Refusal(500, "", f"map: {_go_map(item)} does not contain declared merge key: {key}")
        found = next((at for at, old in enumerate(merged) if isinstance(old, dict) and same(old.get(key), item[key])), None)
        if directive == "delete":
            merged = [old for old in merged if old.get(key) != item[key]]
            continue
        if directive not in (None, "merge"):
            raise _unknown(directive, item)
        kept.append(item)
        made = strategic_merge(items, merged[found] if found is not None else {}, item)
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
