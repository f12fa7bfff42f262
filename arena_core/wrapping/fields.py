"""The fields of the type inside as fields of the wrapper's argument model."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from arena_core.args import flag_name, flag_specs, meta_of
from arena_core.args.flags import META
from arena_core.args.model import extended
from arena_core.contract.types import JobHandle
from arena_core.wrapping.names import Names, wrapping_of

if TYPE_CHECKING:
    from pydantic import BaseModel


def fields_of(own: type[BaseModel], inner: JobHandle, names: Names) -> dict[str, Any]:
    """Return every field of the type inside whose flag the wrapper does not have itself, as ``extended`` takes them.

    A short form or an old spelling that the wrapper has is the wrapper's.
    """
    model = model_inside(inner)
    taken, often = spellings_of(own), {spec.field: spec.often for spec in flag_specs(inner.args_model)}
    found: dict[str, Any] = {}
    pairs = {**names.fields, **{name: fields[0] for name, fields in names.shared.items() if fields}}
    for name, field in pairs.items():
        info = model.model_fields[field]
        made = copy(info)
        meta = meta_of(info) | {"often": often[field]}
        if name != field:
            meta |= {"flag": "", "old": [], "short": ""}
        if name in names.shared:
            made.description = f"The same as {', '.join(flag_name(model, f) for f in names.shared[name])}, where they are not given."
        flag = f"--{meta.get('flag') or name.replace('_', '-')}"
        if flag in taken:
            continue
        meta["old"] = [old for old in meta.get("old", ()) if f"--{old.lstrip('-')}" not in taken]
        meta["short"] = "" if meta.get("short") in taken else meta.get("short", "")
        made.json_schema_extra = {META: meta}
        found[name] = made
    return found


_INSIDE: WeakKeyDictionary[type[BaseModel], type[BaseModel]] = WeakKeyDictionary()


def model_inside(inner: JobHandle) -> type[BaseModel]:
    """Return the type's argument model with the defaults that it has inside a wrapper; what is not given stays not given."""
    model: type[BaseModel] = inner.args_model
    if model not in _INSIDE:
        changed: dict[str, Any] = {}
        for field, value in wrapping_of(inner).defaults.items():
            if field in model.model_fields:
                info = copy(model.model_fields[field])
                info.default, info.default_factory = value, None
                changed[field] = info
        made = extended(model, model.__name__, model.__module__, changed) if changed else model
        _INSIDE.setdefault(model, made)
    return _INSIDE[model]


def spellings_of(model: type[BaseModel]) -> set[str]:
    """Return every word on a command line that means one of the fields."""
    return {word for spec in flag_specs(model) for word in (*spec.names, *spec.old, spec.short) if word}
