"""Schemas compiled to nodes: one form for the definitions of built-in kinds and for a CRD's ``openAPIV3Schema``."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from arena_local.server.re2 import Pattern, PatternError, compile_pattern


class Node:
    """One level of a schema. Children are resolved when they are first asked for, so that recursive kinds work."""

    __slots__ = (
        "additional",
        "checks",
        "default",
        "embedded",
        "enum",
        "fmt",
        "go_type",
        "has_default",
        "int_or_string",
        "items",
        "list_keys",
        "list_type",
        "map_type",
        "merge_key",
        "merge_strategy",
        "nullable",
        "pattern",
        "preserve",
        "properties",
        "quantity",
        "raw",
        "required",
        "rules",
        "type",
    )

    def __init__(self, raw: Mapping[str, Any], go_type: str = "") -> None:
        self.raw = raw
        self.go_type = go_type
        self.type: str = raw.get("type", "")
        self.fmt: str = raw.get("format", "")
        self.quantity = raw.get("x-arena") == "quantity"
        self.int_or_string = raw.get("x-arena") == "int-or-string" or bool(raw.get("x-kubernetes-int-or-string"))
        self.preserve = bool(raw.get("x-kubernetes-preserve-unknown-fields"))
        self.embedded = bool(raw.get("x-kubernetes-embedded-resource"))
        self.nullable = bool(raw.get("nullable"))
        self.required: tuple[str, ...] = tuple(raw.get("required") or ())
        self.enum = raw.get("enum")
        self.has_default = "default" in raw
        self.default = raw.get("default")
        self.list_type: str = raw.get("x-kubernetes-list-type", "")
        self.list_keys: tuple[str, ...] = tuple(raw.get("x-kubernetes-list-map-keys") or ())
        self.map_type: str = raw.get("x-kubernetes-map-type", "")
        self.merge_key: str = raw.get("x-kubernetes-patch-merge-key", "")
        self.merge_strategy: str = raw.get("x-kubernetes-patch-strategy", "")
        self.rules = tuple(raw.get("x-kubernetes-validations") or ())
        self.pattern = _pattern(raw.get("pattern"))
        self.checks = any(key in raw for key in _CHECKS)
        self.properties: dict[str, Node] = {}
        self.items: Node | None = None
        self.additional: Node | None = None


def _pattern(text: Any) -> Pattern | None:
    """Compile a pattern; one that is none has been refused with its CRD, or comes from one that was stored before that was looked at."""
    try:
        return compile_pattern(text) if isinstance(text, str) and text else None
    except PatternError:
        return None


_CHECKS = frozenset(
    [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "multipleOf",
        "uniqueItems",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
    ]
)


def compile_schema(raw: Mapping[str, Any]) -> Node:
    """Compile a CRD's schema."""
    node = Node(raw)
    for name, child in (raw.get("properties") or {}).items():
        node.properties[name] = compile_schema(child)
    items = raw.get("items")
    if isinstance(items, Mapping):
        node.items = compile_schema(items)
    more = raw.get("additionalProperties")
    if isinstance(more, Mapping):
        node.additional = compile_schema(more)
    elif more is True:
        node.additional = Node({"x-kubernetes-preserve-unknown-fields": True})
    return node


@cache
def _definitions() -> dict[str, Any]:
    packed = resources.files("arena_local.server").joinpath("data/builtin.json.gz").read_bytes()
    found: dict[str, Any] = json.loads(gzip.decompress(packed))
    return found


def raw_definitions() -> dict[str, Any]:
    """Return the definitions of the built-in kinds, by name."""
    return _definitions()


_nodes: dict[str, Node] = {}


def builtin_schema(name: str) -> Node:
    """Return the compiled definition of a built-in type."""
    if name not in _nodes:
        raw = _definitions()[name]
        node = _nodes[name] = Node(raw, go_type=name.rsplit(".", 1)[-1])
        for field, child in (raw.get("properties") or {}).items():
            node.properties[field] = _member(child)
    return _nodes[name]


def _member(raw: Mapping[str, Any]) -> Node:
    if "$ref" in raw:
        target = builtin_schema(raw["$ref"])
        extra = {key: value for key, value in raw.items() if key != "$ref"}
        if not extra:
            return target
        node = Node({**target.raw, **extra}, go_type=target.go_type)
        # Shared on purpose: a recursive type fills the same dictionary later.
        node.properties = target.properties
        node.items, node.additional = target.items, target.additional
        return node
    node = Node(raw)
    if isinstance(raw.get("items"), Mapping):
        node.items = _member(raw["items"])
    if isinstance(raw.get("additionalProperties"), Mapping):
        node.additional = _member(raw["additionalProperties"])
    return node


OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
