"""Validation of custom resources against their schema, in the words of kube-openapi."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from arena_core.k8s import time
from arena_local.server import causes, meta
from arena_local.server.causes import Cause
from arena_local.server.re2 import Pattern, TooCostlyError
from arena_local.server.schema import Node, compile_schema

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
NOT_CHECKED = causes.bad_value(
    "<nil>",
    None,
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
)


def json_type(value: Any) -> str:
    """Return the JSON type of a value as messages name it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if -(1 << 63) <= value < 1 << 63 else "number"
    if isinstance(value, float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def check(node: Node, value: Any, path: str, *, root: bool = False) -> Iterator[Cause]:
    """Yield what is wrong with a value."""
    wrong = list(_type(node, value, path))
    if wrong:
        yield from wrong
        if node.int_or_string and node.checks:
            yield from _combined(node, value, path)
        return
    if value is None:
        return
    if isinstance(value, dict):
        yield from _object(node, value, path, root=root)
        if node.embedded:
            yield from _embedded(value, path)
    elif isinstance(value, list):
        yield from _array(node, value, path)
    elif isinstance(value, str):
        yield from _text(node, value, path)
    elif not isinstance(value, bool):
        yield from _number(node, value, path)
    if node.enum is not None and value not in node.enum:
        yield causes.unsupported(path, value, node.enum)
    if node.checks:
        yield from _combined(node, value, path)


def _type(node: Node, value: Any, path: str) -> Iterator[Cause]:
    wanted, found = node.type, json_type(value)
    if value is None:
        if not node.nullable and wanted:
            yield causes.bad_type(path, "null", f'{path} in body must be of type {wanted}: "null"')
        return
    if node.int_or_string:
        if found not in ("integer", "string"):
            yield causes.bad_type(path, found, f'{path} in body must be of type integer,string: "{found}"')
        return
    if not wanted or wanted == found or (wanted == "number" and found == "integer"):
        return
    if wanted == "integer" and found == "number":
        if value == int(value) and abs(value) < 1 << 63:
            return
        shown, kind = ("float64", node.fmt) if node.fmt and abs(value) >= 1 << 63 else ("number", "integer")
        yield causes.bad_type(path, shown, f'{path} in body must be of type {kind}: "{shown}"')
        form = f"integer with format {node.fmt}" if node.fmt else "integer (default format)"
        yield causes.bad_value("<nil>", "", f"Checked value must be of type {form} in {path}")
        return
    yield causes.bad_type(path, found, f'{path} in body must be of type {wanted}: "{found}"')


def _object(node: Node, value: dict[str, Any], path: str, *, root: bool) -> Iterator[Cause]:
    for name in node.required:
        if name not in value:
            yield causes.required(f"{path}.{name}" if path else name)
    count, raw = len(value), node.raw
    if "maxProperties" in raw and count > raw["maxProperties"]:
        yield Cause("FieldValueTooMany", f"Too many: {count}: must have at most {raw['maxProperties']} items", path)
    if "minProperties" in raw and count < raw["minProperties"]:
        yield causes.bad_value(path, count, f"{path} in body should have at least {raw['minProperties']} properties")
    for name, item in value.items():
        if root and name in ("apiVersion", "kind", "metadata"):
            continue
        child = node.properties.get(name) or node.additional
        if child is not None:
            yield from check(child, item, f"{path}.{name}" if path else name)


def _embedded(value: dict[str, Any], path: str) -> Iterator[Cause]:
    """An object inside an object names its kind, and its labels are labels."""
    for name in ("apiVersion", "kind"):
        if not value.get(name):
            yield causes.required(f"{path}.{name}")
    inner = value.get("metadata")
    if isinstance(inner, dict):
        yield from meta.label_causes(inner.get("labels"), f"{path}.metadata.labels")
        yield from meta.annotation_causes(inner.get("annotations"), f"{path}.metadata.annotations")


def _array(node: Node, value: list[Any], path: str) -> Iterator[Cause]:
    raw = node.raw
    if "maxItems" in raw and len(value) > raw["maxItems"]:
        yield causes.too_many(path, len(value), raw["maxItems"])
    if "minItems" in raw and len(value) < raw["minItems"]:
        yield causes.bad_value(path, len(value), f"{path} in body should have at least {raw['minItems']} items")
    if node.items is not None:
        for index, item in enumerate(value):
            yield from check(node.items, item, f"{path}[{index}]")


def duplicates(node: Node, value: Any, path: str) -> Iterator[Cause]:
    """Yield repeated elements of lists that are sets or maps."""
    if isinstance(value, dict):
        for name, item in value.items():
            child = node.properties.get(name) or node.additional
            if child is not None and isinstance(item, dict | list):
                yield from duplicates(child, item, step(node, path, name))
    elif isinstance(value, list):
        yield from _repeated(node, value, path)
        if node.items is not None:
            for index, item in enumerate(value):
                if isinstance(item, dict | list):
                    yield from duplicates(node.items, item, f"{path}[{index}]")


def step(node: Node, path: str, name: str) -> str:
    """Return the path of a field, or of a key of a map."""
    if name not in node.properties:
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name


def _repeated(node: Node, value: list[Any], path: str) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, item in enumerate(value):
        if node.list_type == "set":
            shown: Any = item
        elif node.list_type == "map" and isinstance(item, dict):
            shown = {key: item[key] for key in sorted(node.list_keys) if key in item}
        else:
            return
        text = causes.shown(shown)
        if text in seen:
            yield causes.duplicate(f"{path}[{index}]", shown)
        seen.add(text)


def _text(node: Node, value: str, path: str) -> Iterator[Cause]:
    raw = node.raw
    # a text is told the first of its faults alone
    if "maxLength" in raw and len(value) > raw["maxLength"]:
        yield causes.too_long(path, raw["maxLength"])
        return
    elif "minLength" in raw and len(value) < raw["minLength"]:
        yield causes.bad_value(path, value, f"{path} in body should be at least {raw['minLength']} chars long")
    elif node.pattern is not None:
        yield from _matching(node.pattern, value, path)
    if node.fmt == "date-time" and not _is_date_time(value):
        yield Cause(
            "FieldValueTypeInvalid",
            f"Invalid value: {causes.shown(value)}: {path} in body must be of type date-time: {causes.shown(value)}",
            path,
        )


def _matching(pattern: Pattern, value: str, path: str) -> Iterator[Cause]:
    try:
        if not pattern.search(value):
            yield causes.bad_value(path, value, f"{path} in body should match '{pattern.pattern}'")
    except TooCostlyError:
        yield causes.bad_value(path, value[:64], f"{path} in body is too long to be matched against '{pattern.pattern}'")


def _is_date_time(value: str) -> bool:
    return _DATE_TIME.fullmatch(value) is not None and time.parse(value) is not None


def _number(node: Node, value: float, path: str) -> Iterator[Cause]:
    raw = node.raw
    if "minimum" in raw:
        strict = raw.get("exclusiveMinimum")
        if value < raw["minimum"] or (strict and value == raw["minimum"]):
            word = "greater than" if strict else "greater than or equal to"
            yield causes.bad_value(path, value, f"{path} in body should be {word} {raw['minimum']}")
    if "maximum" in raw:
        strict = raw.get("exclusiveMaximum")
        if value > raw["maximum"] or (strict and value == raw["maximum"]):
            word = "less than" if strict else "less than or equal to"
            yield causes.bad_value(path, value, f"{path} in body should be {word} {raw['maximum']}")
    if raw.get("multipleOf") and value % raw["multipleOf"]:
        yield causes.bad_value(path, value, f"{path} in body should be a multiple of {raw['multipleOf']}")


def _branches(node: Node, key: str) -> Sequence[Node]:
    return [compile_schema(part) for part in node.raw.get(key) or ()]


def _combined(node: Node, value: Any, path: str) -> Iterator[Cause]:
    for part in _branches(node, "allOf"):
        yield from check(part, value, path)
    any_of = [list(check(part, value, path)) for part in _branches(node, "anyOf")]
    if any_of and all(any_of):
        yield from any_of[0]
        yield causes.bad_value("<nil>", "", f'"{path}" must validate at least one schema (anyOf)')
    one_of = [list(check(part, value, path)) for part in _branches(node, "oneOf")]
    if one_of and sum(not found for found in one_of) != 1:
        none = "Found none valid" if all(one_of) else f"Found {sum(not found for found in one_of)} valid alternatives"
        yield causes.bad_value(path, "", f'"{path}" must validate one and only one schema (oneOf). {none}')
    if isinstance(node.raw.get("not"), dict) and not list(check(compile_schema(node.raw["not"]), value, path)):
        yield causes.bad_value(path, "", f'"{path}" must not validate the schema (not)')
