"""Evaluating a CEL tree over JSON values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from arena_core.k8s.copies import same
from arena_local.server.cel.cost import CostError, spend, spend_on
from arena_local.server.cel.parse import MACROS, CelError, Expression, UnsupportedError
from arena_local.server.re2 import TooCostlyError, compile_pattern

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_MATH: dict[str, Callable[[Any, Any], Any]] = {"-": operator.sub, "*": operator.mul}


def evaluate(tree: Expression, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression; raises ``CelError``, ``UnsupportedError`` or ``CostError``."""
    spend()
    kind = tree[0]
    simple = _SIMPLE.get(kind)
    if simple is not None:
        return simple(tree, names)
    if kind in ("&&", "||"):
        return _logic(tree, names)
    left, right = evaluate(tree[1], names), evaluate(tree[2], names)
    return _binary(kind, left, right)


def _logic(tree: Expression, names: Mapping[str, Any]) -> bool:
    """An error on one side does not matter where the other side decides."""
    decides = tree[0] == "||"
    failed: CelError | None = None
    for part in tree[1:]:
        try:
            value = evaluate(part, names)
        except CelError as error:
            failed = error
            continue
        if not isinstance(value, bool):
            failed = CelError("no such overload")
        elif value is decides:
            return decides
    if failed is not None:
        raise failed
    return not decides


def _binary(sign: str, left: Any, right: Any) -> Any:
    if sign in ("==", "!="):
        return _equal(left, right) is (sign == "==")
    if sign == "in":
        if isinstance(right, dict):
            return isinstance(left, str) and left in right
        if not isinstance(right, list):
            raise CelError("no such overload")
        spend_on(len(right))
        return any(_equal(left, item) for item in right)
    numbers = _is_number(left) and _is_number(right)
    if sign in _COMPARE and (numbers or (isinstance(left, str) and isinstance(right, str))):
        return _COMPARE[sign](left, right)
    if sign == "+" and (numbers or (type(left) is type(right) and isinstance(left, str | list))):
        if not numbers:
            spend_on(len(left) + len(right))
        return _bounded(left + right)
    if sign in _MATH and numbers:
        return _bounded(_MATH[sign](left, right))
    if sign in ("/", "%") and numbers:
        if right == 0:
            raise CelError("division by zero")
        whole = isinstance(left, int) and isinstance(right, int)
        quotient = (abs(left) // abs(right)) * (1 if (left < 0) is (right < 0) else -1) if whole else left / right
        return quotient if sign == "/" else left - right * quotient
    raise CelError("no such overload")


def _bounded(value: Any) -> Any:
    """Refuse whole numbers that 64 bits do not hold, as CEL does."""
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise CelError("integer overflow")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(left: Any, right: Any) -> bool:
    return bool(left == right) if _is_number(left) and _is_number(right) else same(left, right)


def _field(tree: Expression, names: Mapping[str, Any]) -> Any:
    target = evaluate(tree[1], names)
    if isinstance(target, dict) and tree[2] in target:
        return target[tree[2]]
    raise CelError(f"no such key: {tree[2]}")


def _index(tree: Expression, names: Mapping[str, Any]) -> Any:
    target, key = evaluate(tree[1], names), evaluate(tree[2], names)
    if isinstance(target, dict) and key in target:
        return target[key]
    if isinstance(target, list) and isinstance(key, int) and 0 <= key < len(target):
        return target[key]
    raise CelError("no such key or index out of bounds")


def _name(tree: Expression, names: Mapping[str, Any]) -> Any:
    if tree[1] not in names:
        raise UnsupportedError(f"unknown name {tree[1]}")
    return names[tree[1]]


def _choice(tree: Expression, names: Mapping[str, Any]) -> Any:
    test = evaluate(tree[1], names)
    if not isinstance(test, bool):
        raise CelError("no such overload")
    return evaluate(tree[2] if test else tree[3], names)


def _not(tree: Expression, names: Mapping[str, Any]) -> bool:
    value = evaluate(tree[1], names)
    if not isinstance(value, bool):
        raise CelError("no such overload")
    return not value


def _negative(tree: Expression, names: Mapping[str, Any]) -> Any:
    value = evaluate(tree[1], names)
    if not _is_number(value):
        raise CelError("no such overload")
    return -value


def _macro(name: str, items: Any, arguments: list[Expression], names: Mapping[str, Any]) -> Any:
    variable = arguments[0][1]
    results: list[tuple[Any, Any]] = []
    failed: CelError | None = None
    for item in items:
        try:
            results.append((item, evaluate(arguments[1], {**names, variable: item})))
        except CelError as error:
            failed = error
    values = [value for _, value in results]
    if name == "exists" and True in values:
        return True
    if name == "all" and False in values:
        return False
    if failed is not None:
        raise failed
    if name in ("all", "exists"):
        return name == "all"
    if name == "exists_one":
        return values.count(True) == 1
    return [item for item, value in results if value is True] if name == "filter" else values


def _call(tree: Expression, names: Mapping[str, Any]) -> Any:
    _, name, target, arguments = tree
    if target is None:
        return _function(name, arguments, names)
    if name in MACROS and len(arguments) == 2 and arguments[0][0] == "name":
        items = evaluate(target, names)
        if not isinstance(items, list | dict):
            raise CelError("no such overload")
        return _macro(name, list(items), arguments, names)
    value = evaluate(target, names)
    given = [evaluate(part, names) for part in arguments]
    if name == "size" and not given:
        return _size(value)
    method = _TEXT.get(name)
    if method is not None and isinstance(value, str):
        return _text_method(method, value, given)
    if name in ("min", "max", "sum") and isinstance(value, list) and value and all(map(_is_number, value)):
        return min(value) if name == "min" else max(value) if name == "max" else sum(value)
    raise UnsupportedError(f"the function {name} is not known")


def _text_method(method: Callable[..., Any], value: str, given: list[Any]) -> Any:
    spend_on(len(value))
    try:
        made = method(value, *given)
    except (TypeError, ValueError) as error:
        raise CelError(str(error) or "no such overload") from None
    spend_on(len(made) if isinstance(made, str | list) else 0)
    return made


def _matches(text: str, pattern: str) -> bool:
    try:
        return compile_pattern(pattern).search(text)
    except TooCostlyError:
        raise CostError from None


def _replaced(text: str, old: str, new: str) -> str:
    spend_on(len(text) + (text.count(old) if old else len(text) + 1) * len(new))
    return text.replace(old, new)


def _has(arguments: list[Expression], names: Mapping[str, Any]) -> bool:
    if len(arguments) != 1 or arguments[0][0] != "field":
        raise UnsupportedError("has() takes a field")
    target = evaluate(arguments[0][1], names)
    if not isinstance(target, dict):
        raise CelError("no such overload")
    return arguments[0][2] in target


def _function(name: str, arguments: list[Expression], names: Mapping[str, Any]) -> Any:
    if name == "has":
        return _has(arguments, names)
    given = [evaluate(part, names) for part in arguments]
    if name == "size" and len(given) == 1:
        return _size(given[0])
    if name in ("int", "string", "double", "type", "bool", "dyn") and len(given) == 1:
        return _converted(name, given[0])
    raise UnsupportedError(f"the function {name} is not known")


def _converted(name: str, value: Any) -> Any:
    try:
        if name == "int":
            return int(value)
        if name == "double":
            return float(value)
    except (TypeError, ValueError):
        raise CelError("type conversion error") from None
    if name == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    if name == "type":
        return {str: "string", bool: "bool", int: "int", float: "double", list: "list", dict: "map"}.get(type(value), "null_type")
    return value


def _size(value: Any) -> int:
    if isinstance(value, str | list | dict):
        return len(value)
    raise CelError("no such overload")


_TEXT: dict[str, Callable[..., Any]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": lambda text, part: part in text,
    "matches": _matches,
    "lowerAscii": str.lower,
    "upperAscii": str.upper,
    "trim": str.strip,
    "split": lambda text, sign: text.split(sign),
    "indexOf": str.find,
    "replace": _replaced,
}


def _key(value: Any) -> Any:
    if isinstance(value, list | dict):
        raise CelError("unsupported key type")
    return value


_SIMPLE: dict[str, Callable[[Expression, Mapping[str, Any]], Any]] = {
    "literal": lambda tree, _: tree[1],
    "name": _name,
    "field": _field,
    "index": _index,
    "call": _call,
    "?": _choice,
    "not": _not,
    "negative": _negative,
    "list": lambda tree, names: [evaluate(part, names) for part in tree[1]],
    "map": lambda tree, names: {_key(evaluate(key, names)): evaluate(value, names) for key, value in tree[1]},
}
_CALLS = MACROS | _TEXT.keys() | {"size", "min", "max", "sum", "has", "int", "string", "double", "type", "bool", "dyn"}


def unknown_calls(tree: Any) -> list[str]:
    """Return what an expression calls that is not known here."""
    if isinstance(tree, tuple) and tree[:1] == ("call",) and tree[1] not in _CALLS:
        return [f"the function {tree[1]} is not known"]
    return [text for part in tree for text in unknown_calls(part)] if isinstance(tree, tuple | list) else []
