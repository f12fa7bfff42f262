"""JSON Schemas of what commands print, made of the shapes: draft 2020-12, closed where the record is ours."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from enum import Enum
from importlib import import_module
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints, is_typeddict

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
Defs = dict[str, dict[str, Any]]


def shape_of(name: str) -> Any:
    """Return the shape that ``Command.prints`` names: ``jobs.Job``, or ``jobs.Job[]`` for a list of such."""
    module, _, one = name.removesuffix("[]").partition(".")
    found: Any = getattr(import_module(f"arena_core.cli.shapes.{module}"), one)
    return types.GenericAlias(list, (found,)) if name.endswith("[]") else found


def schema_of(shape: Any, title: str) -> dict[str, Any]:
    """Return the JSON Schema of a shape."""
    defs: Defs = {}
    body = _of(shape, defs)
    return {"$schema": DRAFT, "title": title, **body, **({"$defs": dict(sorted(defs.items()))} if defs else {})}


def _of(kind: Any, defs: Defs) -> dict[str, Any]:
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _annotated(inside[0], inside[1:], defs)
    if kind is Any:
        return {}
    if kind in _SIMPLE:
        return {"type": _SIMPLE[kind]}
    if origin is Literal:
        return {"enum": list(inside)}
    if origin in (Union, types.UnionType):
        return _either([_of(one, defs) for one in inside])
    if is_typeddict(kind) or hasattr(kind, "_fields"):
        return _record(kind, defs)
    if origin in (list, Sequence) or (origin is tuple and inside[1:] == (...,)):
        return {"type": "array", "items": _of(inside[0], defs)}
    if origin in (dict, Mapping):
        values = {} if inside[1] is Any else {"additionalProperties": _of(inside[1], defs)}
        return {"type": "object", **values}
    raise TypeError(f"{kind!r} is nothing that JSON can hold")


def _annotated(kind: Any, notes: Sequence[Any], defs: Defs) -> dict[str, Any]:
    found = _of(kind, defs)
    for note in notes:
        if isinstance(note, str):
            found |= {"description": note}
        elif isinstance(note, type) and issubclass(note, Enum):
            found |= {"enum": [one.value for one in note]}
    return found


def _either(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if all(one.keys() == {"type"} for one in found):
        return {"type": [one["type"] for one in found]}
    return {"anyOf": list(found)}


def _record(kind: Any, defs: Defs) -> dict[str, Any]:
    """Return a reference to a record of ours, which has these keys and no others."""
    name = kind.__name__
    if name not in defs:
        found = defs[name] = {}
        hints = get_type_hints(kind, include_extras=True)
        needed = [key for key, hint in hints.items() if get_origin(hint) is not NotRequired]
        fields = {key: _of(_bare(hint), defs) for key, hint in hints.items()}
        about = (kind.__doc__ or "").strip().partition("\n")[0]
        found |= {
            **({"description": about} if about else {}),
            "type": "object",
            "properties": fields,
            "required": needed,
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) in (NotRequired, Required) else hint
