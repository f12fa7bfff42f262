"""CEL rules of CRDs (``x-kubernetes-validations``), with their own messages."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from arena_local.server.causes import Cause, shown
from arena_local.server.cel import CelError, CostError, UnsupportedError, budget, evaluate, parse
from arena_local.server.cel.evaluate import unknown_calls
from arena_local.server.cel.parse import names_in
from arena_local.server.check import step
from arena_local.server.fieldsets import element_of
from arena_local.server.schema import Node

log = logging.getLogger(__name__)
_ABSENT = object()
_COST = "validation failed due to running out of cost budget, no further validation rules will be run"
#: Rules that could not be evaluated and are therefore not enforced, with the reason.
not_enforced: dict[str, str] = {}


def rule_causes(schema: Node, obj: dict[str, Any], old: dict[str, Any] | None) -> list[Cause]:
    """Return what the rules refuse; where they cost too much, that."""
    found: list[Cause] = []
    with budget():
        try:
            found.extend(_walk(schema, obj, _ABSENT if old is None else old, ""))
        except CostError:
            found.append(Cause("FieldValueInvalid", f"Invalid value: {_COST}", "<nil>"))
    return found


def unsupported_rules(schema: Node) -> Iterator[tuple[str, str]]:
    """Yield the rules of a schema that this CEL does not know, with what it does not know."""
    for rule in schema.rules:
        try:
            unknown = unknown_calls(parse(rule.get("rule", "")))
        except UnsupportedError as error:
            unknown = [str(error)]
        if unknown:
            yield rule.get("rule", ""), unknown[0]
    children = [*schema.properties.values(), schema.items, schema.additional]
    for child in children:
        if child is not None:
            yield from unsupported_rules(child)


def _walk(node: Node, value: Any, old: Any, path: str) -> Iterator[Cause]:
    if value is None:
        return
    for rule in node.rules:
        cause = _one(rule, value, old, path)
        if cause is not None:
            yield cause
    if isinstance(value, dict):
        before = old if isinstance(old, dict) else {}
        for name, item in value.items():
            child = node.properties.get(name) or node.additional
            if child is not None:
                yield from _walk(child, item, before.get(name, _ABSENT), step(node, path, name))
    elif isinstance(value, list) and node.items is not None:
        keyed = node.list_type == "map"
        earlier = {element_of(node, item): item for item in old} if keyed and isinstance(old, list) else {}
        for index, item in enumerate(value):
            match = earlier.get(element_of(node, item), _ABSENT) if keyed else _ABSENT
            yield from _walk(node.items, item, match, f"{path}[{index}]")


def _one(rule: Mapping[str, Any], value: Any, old: Any, path: str) -> Cause | None:
    text = rule.get("rule", "")
    if text in not_enforced:
        return None
    try:
        tree = parse(text)
        names = {"self": value}
        if "oldSelf" in names_in(tree):
            if old is _ABSENT:
                return None
            names["oldSelf"] = old
        if evaluate(tree, names) is True:
            return None
        detail = ""
    except UnsupportedError as error:
        not_enforced[text] = str(error)
        log.warning("a validation rule is not enforced (%s): %s", error, text)
        return None
    except CelError as error:
        detail = f" evaluation error: {error}"
    message = _message(rule, value, old) + detail
    shows = "" if isinstance(value, dict | list) else f"{shown(value)}: "
    return Cause(rule.get("reason") or "FieldValueInvalid", f"Invalid value: {shows}{message}", _where(rule, path))


def _where(rule: Mapping[str, Any], path: str) -> str:
    inner = rule.get("fieldPath", "")
    return (path + inner if path else inner.lstrip(".")) or "<nil>"


def _message(rule: Mapping[str, Any], value: Any, old: Any) -> str:
    if rule.get("messageExpression"):
        try:
            made = evaluate(parse(rule["messageExpression"]), {"self": value, "oldSelf": None if old is _ABSENT else old})
            if isinstance(made, str) and made.strip():
                return made
        except (CelError, UnsupportedError):
            pass
    return rule.get("message") or f"failed rule: {rule.get('rule', '')}"
