"""Whether a CRD's schema is structural, as the API server checks it on create."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from arena_local.server import check
from arena_local.server.causes import Cause, bad_value, prohibited, required
from arena_local.server.cel import UnsupportedError, parse
from arena_local.server.re2 import PatternError, compile_pattern
from arena_local.server.schema import compile_schema

Obj = dict[str, Any]
_NESTED = ("allOf", "anyOf", "oneOf")
_FORBIDDEN_NESTED = ("type", "additionalProperties", "default", "nullable", "title", "description", "x-kubernetes-preserve-unknown-fields")
#: The words of a level that something is to be checked of, apart from what it holds.
_CHECKED = frozenset({"uniqueItems", "additionalProperties", "default", "pattern", *_NESTED, "not", "x-kubernetes-validations"})
_NONE: Obj = {}


def check_schema(schema: Obj, path: str) -> Iterator[Cause]:
    """Yield what is wrong with a root schema."""
    if not schema.get("type"):
        yield required(f"{path}.type", "must not be empty at the root")
    found: list[Cause] = []
    _level(schema, path, found)
    yield from found


def _level(schema: Obj, path: str, found: list[Cause]) -> None:
    """Check a level and those below. Shipped CRDs have 40,000, checked at every start: no generators; few have such a word."""
    if not _CHECKED.isdisjoint(schema):
        found += _own(schema, path)
    for name, child in (schema.get("properties") or _NONE).items():
        _below(child, f"{path}.properties[{name}]", "must not be empty for specified object fields", found)
    if "items" in schema and isinstance(schema["items"], dict):
        _below(schema["items"], f"{path}.items", "must not be empty for specified array items", found)
    if "additionalProperties" in schema and isinstance(schema["additionalProperties"], dict):
        where = f"{path}.additionalProperties"
        _below(schema["additionalProperties"], where, "must not be empty for specified object fields", found)


def _below(schema: Obj, path: str, text: str, found: list[Cause]) -> None:
    if not (schema.get("type") or schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")):
        found.append(required(f"{path}.type", text))
    _level(schema, path, found)


def _own(schema: Obj, path: str) -> Iterator[Cause]:
    if schema.get("uniqueItems"):
        text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield prohibited(f"{path}.uniqueItems", text)
    if schema.get("properties") and isinstance(schema.get("additionalProperties"), dict):
        yield prohibited(f"{path}.additionalProperties", "additionalProperties and properties are mutual exclusive")
    if "default" in schema:
        yield from _default(schema, f"{path}.default")
    if isinstance(schema.get("pattern"), str) and schema["pattern"]:
        yield from _pattern(schema["pattern"], f"{path}.pattern")
    for word in _NESTED:
        for index, part in enumerate(schema.get(word) or ()):
            if not schema.get("x-kubernetes-int-or-string"):
                yield from _nested(part, f"{path}.{word}[{index}]")
    if isinstance(schema.get("not"), dict):
        yield from _nested(schema["not"], f"{path}.not")
    yield from _rules(schema, path)


def _pattern(pattern: str, path: str) -> Iterator[Cause]:
    try:
        compile_pattern(pattern)
    except PatternError as error:
        text = f"must be a valid regular expression, but isn't: error parsing regexp: {error}"
        yield bad_value(path, pattern, text)


def _nested(schema: Obj, path: str) -> Iterator[Cause]:
    if isinstance(schema.get("pattern"), str) and schema["pattern"]:
        yield from _pattern(schema["pattern"], f"{path}.pattern")
    for key in _FORBIDDEN_NESTED:
        if schema.get(key):
            yield prohibited(f"{path}.{key}", "must be empty to be structural")
    for name, child in (schema.get("properties") or {}).items():
        yield from _nested(child, f"{path}.properties[{name}]")
    if isinstance(schema.get("items"), dict):
        yield from _nested(schema["items"], f"{path}.items")
    for word in _NESTED:
        for index, part in enumerate(schema.get(word) or ()):
            yield from _nested(part, f"{path}.{word}[{index}]")


def _default(schema: Obj, path: str) -> Iterator[Cause]:
    for cause in check.check(compile_schema(schema), schema["default"], ""):
        yield Cause(cause.reason, cause.message, path + (f".{cause.field}" if cause.field else ""))


def _rules(schema: Obj, path: str) -> Iterator[Cause]:
    for index, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        try:
            tree = parse(rule.get("rule", ""))
        except UnsupportedError:
            continue
        missing = _missing(tree, schema)
        if missing is None:
            continue
        name, column = missing
        text = rule["rule"]
        problem = f"ERROR: <input>:1:{column + 1}: undefined field '{name}'\n | {text}\n | {'.' * column}^"
        yield Cause(
            "FieldValueInvalid",
            f"Invalid value: {_internal(rule)}: compilation failed: {problem}",
            f"{path}.x-kubernetes-validations[{index}].rule",
        )


def _internal(rule: Obj) -> str:
    """Return a rule as Go prints its internal struct."""
    shown = {
        "Rule": rule.get("rule", ""),
        "Message": rule.get("message", ""),
        "MessageExpression": rule.get("messageExpression", ""),
        "Reason": rule.get("reason"),
        "FieldPath": rule.get("fieldPath", ""),
        "OptionalOldSelf": rule.get("optionalOldSelf"),
    }
    text = json.dumps(shown, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _missing(tree: Any, schema: Obj) -> tuple[str, int] | None:
    """Return the first field of ``self`` that the schema does not have, and where it stands."""
    if isinstance(tree, list):
        return next((found for part in tree if (found := _missing(part, schema)) is not None), None)
    if not isinstance(tree, tuple):
        return None
    if tree[0] == "field" and tree[1] in (("name", "self"), ("name", "oldSelf")):
        known = schema.get("properties")
        free = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("additionalProperties")
        if known is not None and not free and tree[2] not in known and tree[2] not in ("metadata", "apiVersion", "kind"):
            return tree[2], tree[3]
        return None
    return next((found for part in tree if (found := _missing(part, schema)) is not None), None)
