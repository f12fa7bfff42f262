"""Flags that name the members of a job (``--role``, ``--task``): ``NAME=COUNT[,key=value...]`` texts, or mappings of a job file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from arena_core.args.markers import PlainSerializer, WithJsonSchema
from arena_core.records import values_of

_MOST = 2**31 - 1


def items_or_one(value: Any) -> Iterable[Any]:
    """Return the values of a repeatable flag: those of a list, or the one text or mapping."""
    if isinstance(value, str | Mapping):
        return (value,)
    if isinstance(value, Iterable):
        return value
    raise ValueError(f"expected a list, got {value!r}")


def whole(value: Any, what: str, least: int = 0) -> int:
    """Return a whole number that a Kubernetes object can hold."""
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.removeprefix("-").isdigit()) or len(text) > 11:
        raise ValueError(f"{what}: {value!r} is not a whole number")
    number = int(text)
    if not least <= number <= _MOST:
        raise ValueError(f"{what}: {number} must be at least {least}" if number < least else f"{what}: {number} is too large")
    return number


def known(raw: Mapping[Any, Any], keys: Iterable[str], what: str) -> dict[str, Any]:
    """Return what a mapping says, by field; raises where one of its keys is none of these."""
    found = {str(key).replace("-", "_"): part for key, part in raw.items() if part is not None}
    if unknown := sorted(set(found) - set(keys)):
        names = ", ".join(key.replace("_", "-") for key in keys)
        raise ValueError(f"{what}: unknown key {unknown[0].replace('_', '-')!r}; known are {names}")
    return found


def member(text: str, count: str, form: str) -> dict[str, Any]:
    """Return what ``NAME=COUNT,key=value`` says, by key; ``count`` is the key of the number behind the name."""
    head, *rest = text.split(",")
    name, sign, number = head.partition("=")
    raw: dict[str, Any] = {"name": name.strip(), **({count: number} if sign else {})}
    for part in rest:
        key, sign, content = part.partition("=")
        if not sign:
            raise ValueError(f"{text!r}: {part!r} is not of the form key=value; expected {form}")
        raw[key.strip()] = content
    return raw


def written(item: Any) -> dict[str, Any]:
    """Return a member as a job file says it: what it leaves to the job's own flags is left out."""
    return {key.replace("_", "-"): value for key, value in values_of(item).items() if value not in ("", None, ())}


def commands(value: Any, form: str) -> dict[str, str]:
    """Read ``NAME=COMMAND`` texts (``form`` as it is called in the help), or a mapping."""
    pairs = value.items() if isinstance(value, Mapping) else [str(item).partition("=")[::2] for item in items_or_one(value)]
    found = {str(name): str(text) for name, text in pairs}
    for name, text in found.items():
        if not name or not text.strip() or "\0" in text:
            raise ValueError(f"{f'{name}={text}'!r} is not of the form {form}")
    return found


def writes(function: Any) -> PlainSerializer:
    """Write a field so into a job file."""
    return PlainSerializer(function, when_used="json")


def texts_or_mappings(form: str) -> WithJsonSchema:
    """Return the schema of such a flag in a job file."""
    return WithJsonSchema({"type": "array", "items": {"anyOf": [{"type": "string", "description": form}, {"type": "object"}]}})


#: ``NAME=COMMAND`` texts or a mapping, for the annotation of a field.
COMMANDS = WithJsonSchema(
    {"anyOf": [{"type": "object", "additionalProperties": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}]}
)
