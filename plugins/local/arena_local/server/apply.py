"""Server-side apply: merge what a manager applies, find conflicts, remove what it has dropped."""

from __future__ import annotations

from typing import Any

from arena_core.k8s.copies import clone
from arena_local.server.errors import Refusal
from arena_local.server.fieldsets import FREE, Difference, Path, child_of, element_of, fields_of, is_keyed, is_map, shown
from arena_local.server.managed import _STRIPPED, Manager, blank, difference, read_managers
from arena_local.server.registry import Resource
from arena_local.server.schema import OBJECT_META, Node, builtin_schema

Obj = dict[str, Any]
_NAMES = {str: "string", bool: "boolean", int: "int", float: "float", list: "list", dict: "map"}
_NUMERIC = "numeric (int or float)"


class TypedSchema:
    """The schema of a kind with its metadata typed, also for custom resources."""

    def __init__(self, resource: Resource) -> None:
        if resource.custom:
            self.root = Node(resource.schema.raw)
            self.root.properties = {**resource.schema.properties, "metadata": builtin_schema(OBJECT_META)}
            for name in ("apiVersion", "kind"):
                self.root.properties.setdefault(name, Node({"type": "string"}))
        else:
            self.root = resource.schema


def typed_problems(node: Node, value: Any, path: str = "") -> list[str]:
    """Return why a value is not of its type, as the typed converter words it."""
    if value is None or node is FREE or (node.preserve and not node.properties):
        return []
    found: list[str] = []
    if isinstance(value, dict) and (node.properties or node.additional or node.type == "object"):
        for name, item in value.items():
            where = f"{path}.{name}"
            child = node.properties.get(name) or node.additional
            if child is not None:
                found += typed_problems(child, item, where)
            elif not node.preserve and (node.properties or node.type != "object"):
                found.append(f"{where}: field not declared in schema")
        return found
    wanted = {"integer": _NUMERIC, "number": _NUMERIC, "string": "string", "boolean": "boolean", "array": "list", "object": "map"}
    expected = "" if node.int_or_string or node.quantity else wanted.get(node.type, "")
    kind = _NAMES.get(type(value), "null")
    actual = _NUMERIC if kind in ("int", "float") else kind
    if expected and expected != actual:
        return [f"{path}: expected {expected}, got {kind}"]
    if isinstance(value, list) and node.items is not None:
        found += _list_problems(node, value, path)
        for index, item in enumerate(value):
            element = element_of(node, item) if is_keyed(node, value) else f"[{index}]"
            found += typed_problems(node.items, item, path + (shown((element,)) if is_keyed(node, value) else element))
    return found


def _list_problems(node: Node, value: list[Any], path: str) -> list[str]:
    if not is_keyed(node, value):
        return []
    seen, found = set(), []
    for index, item in enumerate(value):
        element = element_of(node, item)
        if element == "k:{}":
            keys = "[" + " ".join(f'"{key}"' for key in node.list_keys) + "]"
            text = f"associative list with keys has an element that omits all key fields {keys} (and doesn't have default values"
            found.append(f"{path}: element {index}: {text} for any key fields)")
        elif element in seen:
            found.append(f"{path}: duplicate entries for key {shown((element,))}")
        seen.add(element)
    return found


def merge(node: Node, live: Any, given: Any) -> Any:
    """Return the live value with what is applied."""
    if is_map(node, given):
        out = dict(live) if isinstance(live, dict) else {}
        for name, item in given.items():
            out[name] = merge(child_of(node, name), out.get(name), item)
        return out
    if is_keyed(node, given) and isinstance(live, list):
        return _merge_list(node, live, given)
    return clone(given)


def _merge_list(node: Node, live: list[Any], given: list[Any]) -> list[Any]:
    """Merge by key: the applied order stands, live elements keep their place before what they preceded."""
    items = node.items or FREE
    mine = {element_of(node, item): item for item in given}
    theirs = {element_of(node, item): item for item in live}
    out: list[Any] = []
    pending = list(mine)
    for element, item in theirs.items():
        if element not in mine:
            out.append(item)
            continue
        while element in pending:
            name = pending.pop(0)
            out.append(merge(items, theirs.get(name), mine[name]))
    return out + [merge(items, theirs.get(name), mine[name]) for name in pending]


def remove(node: Node, value: Any, paths: set[Path], path: Path = ()) -> Any:
    """Return a value without the fields at these paths."""
    if is_map(node, value):
        out = {}
        for name, item in value.items():
            where = (*path, "f:" + name)
            if where not in paths:
                kept = remove(child_of(node, name), item, paths, where)
                if kept not in ({}, []) or item in ({}, []) or not _below(where, paths):
                    out[name] = kept
        return out
    if is_keyed(node, value):
        return [
            remove(node.items or FREE, item, paths, (*path, element_of(node, item)))
            for item in value
            if (*path, element_of(node, item)) not in paths
        ]
    return value


def _below(path: Path, paths: set[Path]) -> bool:
    size = len(path)
    return any(len(item) > size and item[:size] == path for item in paths)


def apply(
    resource: Resource, live: Obj | None, given: Obj, manager: str, *, subresource: str, force: bool, now: str
) -> tuple[Obj, list[Manager]]:
    """Return the object that an apply makes of the live one, and its managers; raises 409 and 500."""
    schema = TypedSchema(resource).root
    own = given.get("metadata") or {}
    problems = typed_problems(schema, given)
    if problems:
        what = f"{own.get('namespace', '')}/{own.get('name', '')}; {resource.api_version}, Kind={resource.kind}"
        text = problems[0] if len(problems) == 1 else "errors:\n" + "\n".join("  " + problem for problem in problems)
        raise Refusal(500, "", f"failed to create typed patch object ({what}): {text}")
    mine = Manager(manager, "Apply", resource.api_version, subresource, set(fields_of(schema, given)) - _STRIPPED, now)
    if live is None:
        return clone(given), [mine]
    managers = _known_managers(resource, live, now)
    last = next((item for item in managers if item.key == mine.key), None)
    others = [item for item in managers if item is not last]
    merged = merge(schema, live, given)
    if last is not None:
        merged = _prune(schema, merged, last, mine, others)
    found = difference(resource, live, merged)
    _conflicts(found, mine, others, force=force)
    for item in others:
        item.fields -= found.changed | found.removed
    if not found.changed and not found.removed:
        mine.time = last.time if last is not None else None
    return merged, [*others, mine]


def _known_managers(resource: Resource, live: Obj, now: str) -> list[Manager]:
    managers = read_managers(live["metadata"].get("managedFields"))
    if managers:
        return managers
    found = difference(resource, blank(resource, live), live)
    return [Manager("before-first-apply", "Update", resource.api_version, "", found.changed, now)]


def _prune(schema: Node, merged: Obj, last: Manager, mine: Manager, others: list[Manager]) -> Obj:
    kept = _with_parents(mine.fields)
    for item in others:
        kept |= _with_parents(item.fields)
    gone = _with_parents(last.fields) - kept - {("f:metadata",)}
    return remove(schema, merged, gone) if gone else merged


def _with_parents(paths: set[Path]) -> set[Path]:
    return {path[:size] for path in paths for size in range(1, len(path) + 1)}


def _conflicts(found: Difference, mine: Manager, others: list[Manager], *, force: bool) -> None:
    conflicts = []
    for item in others:
        for path in sorted(item.fields & found.changed & mine.fields):
            name = f'"{item.name}"'
            if item.subresource:
                name += f' with subresource "{item.subresource}"'
            if item.operation == "Update":
                name += f" using {item.version}"
            conflicts.append((name, shown(path)))
    if not conflicts or force:
        return
    causes = [{"reason": "FieldManagerConflict", "message": f"conflict with {name}", "field": path} for name, path in conflicts]
    if len(conflicts) == 1:
        text = f"Apply failed with 1 conflict: conflict with {conflicts[0][0]}: {conflicts[0][1]}"
    else:
        parts = [
            f"conflicts with {name}:" + "".join(f"\n- {path}" for other, path in conflicts if other == name)
            for name in sorted({name for name, _ in conflicts})
        ]
        text = f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(parts)
    raise Refusal(409, "Conflict", text, {"causes": causes})
