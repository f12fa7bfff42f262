"""Reading an object into a built-in type, as Go's decoder does: wrong types refuse, unknown fields are dropped and noted."""

from __future__ import annotations

from typing import Any

from arena_core.k8s import quantity
from arena_local.server.errors import Refusal, bad_request
from arena_local.server.gotypes import ALWAYS, NULL_TIMES, OPAQUE_TYPES, dropped_when_empty
from arena_local.server.schema import OBJECT_META, Node, builtin_schema

_JSON_NAMES = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}
#: A type's zero value where it is a plain Go value.
_EMPTY: tuple[Any, ...] = ("", 0, False, [], {})


class Decoder:
    """Decodes one object. ``unknown`` collects the paths of fields that the type does not have."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.unknown: list[str] = []

    def refuse(self, problem: str) -> Refusal:
        """Return the 400 of a value that does not fit."""
        return bad_request(f"{self.what}: {problem}")

    def _mismatch(self, value: Any, node: Node, struct: str, go_path: str) -> Refusal:
        found = _JSON_NAMES.get(type(value), "null")
        if isinstance(value, int | float) and not isinstance(value, bool) and node.type == "integer":
            found = f"number {value}"
        where = f"Go struct field {struct}.{go_path}" if go_path else "Go value"
        return self.refuse(f"json: cannot unmarshal {found} into {where} of type {go_name(node)}")

    def decode(self, node: Node, value: Any, path: str = "", go_path: str = "", struct: str = "") -> Any:
        """Return the value as the type holds it."""
        if node.quantity:
            return self._quantity(value, node, struct, go_path)
        if node.int_or_string:
            if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
                return value
            raise self._mismatch(value, node, struct, go_path)
        if node.go_type in OPAQUE_TYPES or not node.type:
            return value
        kind = node.type
        if kind == "object":
            if not isinstance(value, dict):
                raise self._mismatch(value, node, struct, go_path)
            if node.properties:
                return self._struct(node, value, path, go_path)
            return self._map(node, value, path, go_path, struct)
        if kind == "array":
            if not isinstance(value, list):
                raise self._mismatch(value, node, struct, go_path)
            items = node.items
            if items is None:
                return value
            return [self.decode(items, item, f"{path}[{index}]", go_path, struct) for index, item in enumerate(value)]
        return self._scalar(node, value, struct, go_path)

    def _scalar(self, node: Node, value: Any, struct: str, go_path: str) -> Any:
        kind = node.type
        if kind == "string" and isinstance(value, str):
            return value
        if kind == "boolean" and isinstance(value, bool):
            return value
        if kind == "integer" and isinstance(value, int) and not isinstance(value, bool):
            bound = 1 << (31 if node.fmt == "int32" else 63)
            if -bound <= value < bound:
                return value
        elif kind == "integer" and isinstance(value, float) and value.is_integer():
            return int(value)
        elif kind == "number" and isinstance(value, int | float) and not isinstance(value, bool):
            return value
        raise self._mismatch(value, node, struct, go_path)

    def _quantity(self, value: Any, node: Node, struct: str, go_path: str) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self._mismatch(value, node, struct, go_path)
        try:
            return quantity.canonical(str(value).strip())
        except ValueError as error:
            raise self.refuse(str(error)) from None

    def _map(self, node: Node, value: dict[str, Any], path: str, go_path: str, struct: str) -> dict[str, Any]:
        more = node.additional
        if more is None:
            return value
        plain_text = more.type == "string" and not more.quantity
        out = {}
        for key, item in value.items():
            if item is None:
                if plain_text:
                    out[key] = ""
                continue
            out[key] = self.decode(more, item, f"{path}.{key}", go_path, struct)
        return out

    def _struct(self, node: Node, value: dict[str, Any], path: str, go_path: str) -> dict[str, Any]:
        out: dict[str, Any] = {}
        properties, struct = node.properties, node.go_type
        for key, item in value.items():
            child = properties.get(key)
            where = f"{path}.{key}" if path else key
            if child is None:
                self.unknown.append(where)
                continue
            if item is None:
                continue
            made = self.decode(child, item, where, f"{go_path}.{key}" if go_path else key, struct)
            if made in _EMPTY and key not in node.required and _drop(struct, key, child, made):
                continue
            out[key] = made
        for key in NULL_TIMES.get(struct, ()):
            out.setdefault(key, None)
        for key in ALWAYS.get(struct, ()):
            if key not in out and key in properties:
                out[key] = self._struct(properties[key], {}, "", "")
        return out


def _drop(struct: str, key: str, node: Node, made: Any) -> bool:
    if node.quantity or node.int_or_string or not node.type:
        return False
    kind = node.type
    if kind == "object":
        # A struct is a pointer (kept); a map without content is not stored.
        kind = "object" if node.properties or node.go_type else "map"
    return dropped_when_empty(struct, key, kind)


def go_name(node: Node) -> str:
    """Return a type as Go's decoder prints it."""
    if node.quantity:
        return "resource.Quantity"
    if node.type == "array":
        return "[]" + (go_name(node.items) if node.items else "interface {}")
    if node.go_type:
        return f"v1.{node.go_type}"
    if node.type == "object":
        return f"map[string]{go_name(node.additional) if node.additional else 'interface {}'}"
    return {"boolean": "bool", "integer": node.fmt or "int32", "number": "float64"}.get(node.type, node.type or "interface {}")


def decode_meta(decoder: Decoder, value: Any) -> dict[str, Any]:
    """Decode the metadata of a custom resource."""
    if value is None:
        return {}
    node = builtin_schema(OBJECT_META)
    if not isinstance(value, dict):
        found = _JSON_NAMES.get(type(value), "null")
        raise decoder.refuse(f"json: cannot unmarshal {found} into Go value of type v1.ObjectMeta")
    meta: dict[str, Any] = decoder.decode(node, value, "metadata", "", "ObjectMeta")
    return meta
