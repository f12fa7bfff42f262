"""Sets of fields, as managedFields writes them: paths of ``f:name``, ``k:{...}`` and ``v:...`` elements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from sys import intern
from typing import Any

from arena_core.k8s.copies import same
from arena_local.server.schema import Node

Path = tuple[str, ...]
#: A part of an object without a schema: maps are merged, lists are atomic.
FREE = Node({"x-kubernetes-preserve-unknown-fields": True})
#: Types of which equal values are written alike (1, 1.0 and true are equal, and are not).
_PLAIN = frozenset({str, int})
_GRANULAR = ("map", "set")


def child_of(node: Node, name: str) -> Node:
    """Return the schema of a field."""
    return node.properties.get(name) or node.additional or FREE


def is_map(node: Node, value: Any) -> bool:
    """Return whether a value is a map whose fields are owned one by one."""
    return isinstance(value, dict) and node.map_type != "atomic"


def is_keyed(node: Node, value: Any) -> bool:
    """Return whether a value is a list whose elements are owned one by one."""
    return isinstance(value, list) and node.list_type in _GRANULAR and node.items is not None


def element_of(node: Node, item: Any) -> str:
    """Return the path element of a list's item."""
    if node.list_type == "set":
        return "v:" + json.dumps(item, separators=(",", ":"), ensure_ascii=False)
    found = {}
    for key in sorted(node.list_keys):
        if isinstance(item, dict) and key in item:
            found[key] = item[key]
        elif node.items is not None and key in node.items.properties:
            value = node.items.properties[key].default
            if value is None and key == "protocol":
                value = "TCP"  # The one default that a built-in map key has.
            if value is not None:
                found[key] = value
    if all(type(value) in _PLAIN for value in found.values()):
        return _keyed(tuple(found.items()))
    return _written(found)


@lru_cache(4096)
def _keyed(keys: tuple[tuple[str, str | int], ...]) -> str:
    """Return the path element of an item with these keys; every write of a status asks for those of the same conditions."""
    return _written(dict(keys))


def _written(keys: Mapping[str, Any]) -> str:
    return "k:" + json.dumps(keys, separators=(",", ":"), ensure_ascii=False)


def fields_of(node: Node, value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the fields that an applied value names."""
    if is_map(node, value):
        for name, item in value.items():
            where = (*path, intern("f:" + name))
            yield from fields_of(child_of(node, name), item, where)
            if item in (None, {}) or name not in node.properties:
                yield where
        return
    if is_keyed(node, value):
        items = node.items or FREE
        for item in value:
            where = (*path, element_of(node, item))
            yield where
            if isinstance(item, dict | list):
                yield from fields_of(items, item, where)
        return
    yield path


class Difference:
    """What differs between two objects, as fields: ``changed`` were added or modified, ``removed`` are gone."""

    def __init__(self) -> None:
        self.changed: set[Path] = set()
        self.removed: set[Path] = set()

    def compare(self, node: Node, old: Any, new: Any, path: Path = ()) -> None:
        """Note the differences of two values that are both there."""
        if is_map(node, old) and is_map(node, new):
            for name in {**old, **new}:
                self._both(child_of(node, name), name in old, old.get(name), name in new, new.get(name), (*path, intern("f:" + name)))
        elif is_keyed(node, old) and is_keyed(node, new):
            before, after = self._items(node, old), self._items(node, new)
            for element in {**before, **after}:
                items = node.items or FREE
                had, has = element in before, element in after
                self._both(items, had, before.get(element), has, after.get(element), (*path, element))
        elif not same(old, new):
            self.changed.add(path)

    def _both(self, node: Node, had: bool, old: Any, has: bool, new: Any, path: Path) -> None:
        if had and has:
            if old is not new:
                self.compare(node, old, new, path)
        elif has:
            self._every(node, new, path, self.changed)
        else:
            self._every(node, old, path, self.removed)

    @staticmethod
    def _items(node: Node, value: list[Any]) -> dict[str, Any]:
        return {element_of(node, item): item for item in value}

    def _every(self, node: Node, value: Any, path: Path, into: set[Path]) -> None:
        into.add(path)
        if is_map(node, value):
            for name, item in value.items():
                self._every(child_of(node, name), item, (*path, intern("f:" + name)), into)
        elif is_keyed(node, value):
            for item in value:
                self._every(node.items or FREE, item, (*path, element_of(node, item)), into)


def read_set(fields: Mapping[str, Any], path: Path = ()) -> Iterator[Path]:
    """Yield the paths of a FieldsV1."""
    for name, inner in fields.items():
        if name == ".":
            yield path
        else:
            where = (*path, intern(name))
            if not inner:
                yield where
            else:
                yield from read_set(inner, where)


def write_set(paths: Iterable[Path]) -> dict[str, Any]:
    """Return paths as FieldsV1."""
    root: dict[str, Any] = {}
    paths = set(paths)
    for path in sorted(paths):
        place = root
        for element in path:
            place = place.setdefault(element, {})
    for path in paths:
        place = root
        for element in path:
            place = place[element]
        if place:
            place["."] = {}
    return root


def shown(path: Path) -> str:
    """Return a path as conflicts name it: ``.spec.ports[name="q"].port``."""
    text = ""
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "f":
            text += "." + rest
        elif kind == "k":
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(rest).items()) + "]"
        else:
            text += f"[={rest}]"
    return text
