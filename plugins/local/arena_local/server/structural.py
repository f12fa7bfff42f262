"""Custom resources against their structural schema: prune what is unknown, fill in defaults, treat nulls."""

from __future__ import annotations

import json
from typing import Any

from arena_core.k8s.copies import clone
from arena_local.sdk.bundle import ApiError
from arena_local.server.decode import Decoder, decode_meta
from arena_local.server.schema import Node

_ROOT = frozenset({"apiVersion", "kind", "metadata"})


def prune(node: Node, obj: dict[str, Any], unknown: list[str], decoder: Decoder | None = None) -> None:
    """Remove the fields that the schema does not know, in place, and note their paths."""
    for key in list(obj):
        if key in _ROOT:
            continue
        child = node.properties.get(key)
        if child is not None:
            _prune(child, obj[key], key, unknown, decoder)
        elif not node.preserve and node.additional is None:
            del obj[key]
            unknown.append(key)


def _prune(node: Node, value: Any, path: str, unknown: list[str], decoder: Decoder | None) -> None:
    if isinstance(value, dict):
        if node.embedded:
            _embedded(value, path, unknown, decoder)
        skip: frozenset[str] = _ROOT if node.embedded else frozenset()
        for key in list(value):
            if key in skip:
                continue
            child = node.properties.get(key) or node.additional
            if child is not None:
                _prune(child, value[key], f"{path}.{key}", unknown, decoder)
            elif not node.preserve:
                del value[key]
                unknown.append(f"{path}.{key}")
    elif isinstance(value, list) and node.items is not None:
        for index, item in enumerate(value):
            _prune(node.items, item, f"{path}[{index}]", unknown, decoder)


def _embedded(value: dict[str, Any], path: str, unknown: list[str], decoder: Decoder | None) -> None:
    if isinstance(value.get("metadata"), dict) and decoder is not None:
        inner = Decoder(decoder.what)
        try:
            value["metadata"] = decode_meta(inner, value["metadata"])
        except ApiError as error:
            shown = json.dumps(value["metadata"], separators=(",", ":"))
            problem = error.message.removeprefix(f"{decoder.what}: ")
            raise decoder.refuse(f"{path}.metadata: Invalid value: {shown}: {problem}") from None
        unknown.extend(f"{path}.{name}" for name in inner.unknown)


def default(node: Node, value: Any) -> None:
    """Fill in defaults and drop nulls that the schema does not allow, in place."""
    if isinstance(value, dict):
        _default_object(node, value)
    elif isinstance(value, list) and node.items is not None:
        for item in value:
            default(node.items, item)


def _default_object(node: Node, value: dict[str, Any]) -> None:
    for name, child in node.properties.items():
        if name in value:
            if value[name] is None and not child.nullable:
                if child.has_default and child.default is not None:
                    value[name] = clone(child.default)
                else:
                    del value[name]
                    continue
        elif child.has_default:
            value[name] = clone(child.default)
        else:
            continue
        if isinstance(value[name], dict | list):
            default(child, value[name])
    more = node.additional
    if more is not None:
        for name, item in list(value.items()):
            if name in node.properties:
                continue
            if item is None and not more.nullable and not more.preserve:
                if more.has_default:
                    value[name] = clone(more.default)
                else:
                    del value[name]
                    continue
            default(more, value[name])


def normalise(node: Node, value: Any) -> Any:
    """Return the value with whole floats as integers where the schema says integer, in place for containers."""
    if isinstance(value, dict):
        for name, item in value.items():
            child = node.properties.get(name) or node.additional
            if child is not None:
                value[name] = normalise(child, item)
    elif isinstance(value, list):
        if node.items is not None:
            value[:] = [normalise(node.items, item) for item in value]
    elif isinstance(value, float) and node.type == "integer" and value.is_integer() and abs(value) < 1 << 63:
        return int(value)
    return value
