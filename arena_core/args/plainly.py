"""Plain values, read and written without pydantic's validator: making one takes longer than the whole rest of a submission.

It does what the validator would do with values that are right, by the same fields and the same functions, and returns None wherever
it is not sure: for a wrong value, an unknown key, a field or a model with something that it does not know. Then pydantic reads, and says
what is wrong. A property test holds both against each other.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal, TypeVar, cast

import annotated_types as at
from pydantic import AfterValidator, BaseModel, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic.fields import FieldInfo

from arena_core.contract.errors import ArenaError
from arena_core.records import names_of

M = TypeVar("M", bound=BaseModel)
#: Settings of a model that change nothing for who reads plain values.
_KNOWN_CONFIG = {"extra": "forbid", "frozen": True, "defer_build": True}
_BOUNDS: dict[type[Any], Callable[[Any, Any], bool]] = {
    at.Ge: lambda value, bound: value >= bound.ge,
    at.Gt: lambda value, bound: value > bound.gt,
    at.Le: lambda value, bound: value <= bound.le,
    at.Lt: lambda value, bound: value < bound.lt,
    at.MinLen: lambda value, bound: len(value) >= bound.min_length,
    at.MaxLen: lambda value, bound: len(value) <= bound.max_length,
}


class _Unsure(Exception):
    """Pydantic has to read this."""


def read(model: type[M], raw: Mapping[str, Any]) -> M | None:
    """Return the model of these values by field, or None where pydantic has to read them."""
    try:
        _understood(model)
        fields, defaults = model.model_fields, _defaults(model)
        if not raw.keys() <= fields.keys():
            return None
        values = {name: _value(model, name, fields[name], raw[name]) if name in raw else _absent(default) for name, default in defaults}
        made = model.model_construct(set(raw), **values)
        for validator in model.__pydantic_decorators__.model_validators.values():
            validator.func(made)
    except (_Unsure, ValueError, TypeError, AssertionError, ArenaError):
        return None
    return made


def write(args: BaseModel) -> dict[str, Any] | None:
    """Return the given values as a job file has them, or None where pydantic has to write them (``model_dump(mode="json")``)."""
    said, plain = type(args).__pydantic_decorators__, BaseModel.__pydantic_decorators__
    if said.field_serializers or said.model_serializers or said.computed_fields != plain.computed_fields or args.model_extra:
        return None
    fields = type(args).model_fields
    try:
        return {name: _written(getattr(args, name), info) for name, info in fields.items() if name in args.model_fields_set}
    except _Unsure:
        return None


def _written(value: Any, info: FieldInfo) -> Any:
    """Return a field's value as JSON."""
    writers = [item for item in info.metadata if isinstance(item, PlainSerializer)]
    if writers:
        if any(one != writers[0] for one in writers) or writers[0].when_used not in ("json", "always"):
            raise _Unsure
        value = _called(writers[0].func, value)
    elif info.annotation not in (str, int, bool) and typing.get_origin(info.annotation) not in (Literal, dict, tuple):
        raise _Unsure
    return _as_json(value)


def _as_json(value: Any) -> Any:
    kind = type(value)
    if kind in (str, int, bool):
        return value
    if kind in (list, tuple):
        return [_as_json(one) for one in value]
    if kind is dict and all(type(key) is str for key in value):
        return {key: _as_json(one) for key, one in value.items()}
    raise _Unsure


def _understood(model: type[BaseModel]) -> None:
    """Raise where the model does something on reading that is not known here."""
    said, plain = model.__pydantic_decorators__, BaseModel.__pydantic_decorators__
    odd = [name for name in ("validators", "root_validators", "computed_fields") if getattr(said, name) != getattr(plain, name)]
    own = model.__init__ is not BaseModel.__init__ or model.model_post_init is not BaseModel.model_post_init
    modes = {validator.info.mode for validator in said.model_validators.values()}
    if odd or own or modes - {"after"} or dict(model.model_config) != _KNOWN_CONFIG or model.__private_attributes__:
        raise _Unsure


@lru_cache(maxsize=64)
def _defaults(model: type[BaseModel]) -> tuple[tuple[str, Callable[[], Any] | None], ...]:
    """Return what gives the default of each field; None where pydantic has to read the model without it."""
    found: list[tuple[str, Callable[[], Any] | None]] = []
    for name, info in model.model_fields.items():
        if info.alias or info.validation_alias or info.discriminator:
            raise _Unsure
        unsure = info.validate_default or info.is_required() or info.default_factory_takes_validated_data
        found.append((name, None if unsure else _giver(info)))
    return tuple(found)


def _giver(info: FieldInfo) -> Callable[[], Any]:
    if info.default_factory is not None:
        return cast("Callable[[], Any]", info.default_factory)
    default = info.default
    shared = default is None or default == () or type(default) in (str, int, bool)
    return (lambda: default) if shared else info.get_default


def _absent(default: Callable[[], Any] | None) -> Any:
    if default is None:
        raise _Unsure
    return default()


def _value(model: type[BaseModel], name: str, info: FieldInfo, value: Any) -> Any:
    """Return the value of a field as given."""
    own = [v for v in model.__pydantic_decorators__.field_validators.values() if name in v.info.fields or "*" in v.info.fields]
    if any(v.info.mode not in ("before", "after") or not _takes_value_alone(v.func) for v in own):
        raise _Unsure
    for validator in reversed(own):
        value = validator.func(value) if validator.info.mode == "before" else value
    value = _annotated(value, info)
    for validator in own:
        value = validator.func(value) if validator.info.mode == "after" else value
    return value


def _takes_value_alone(function: Any) -> bool:
    """Whether a validator is a plain class method of the value; others are given a second argument."""
    code = getattr(getattr(function, "__func__", None), "__code__", None)
    return code is not None and code.co_argcount == 2 and not code.co_flags & 0x0C


def _annotated(value: Any, info: FieldInfo) -> Any:
    """Return what the annotation of a field makes of a value."""
    metadata = [item for item in info.metadata if not isinstance(item, PlainSerializer | WithJsonSchema)]
    for item in reversed(metadata):
        value = _called(item.func, value) if isinstance(item, BeforeValidator) else value
    value = _typed(value, info.annotation)
    for item in metadata:
        if isinstance(item, BeforeValidator):
            continue
        if isinstance(item, AfterValidator):
            value = _called(item.func, value)
        elif (holds := _BOUNDS.get(type(item))) is None or not holds(value, item):
            raise _Unsure
    return value


def _called(function: Any, value: Any) -> Any:
    code = getattr(function, "__code__", None)
    if code is None or code.co_argcount != 1 or code.co_flags & 0x0C:
        raise _Unsure
    return function(value)


def _typed(value: Any, annotation: Any) -> Any:
    """Return the value as its type has it, where there is no doubt about it."""
    kind = type(value)
    if annotation is Any:
        return value
    if annotation is int and kind is str and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    if annotation in (str, int, bool):
        if kind is annotation:
            return value
        raise _Unsure
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal and kind is str and value in inner:
        return value
    if origin is dict and kind is dict and inner == (str, str) and all(type(k) is str and type(v) is str for k, v in value.items()):
        return dict(value)
    elements = inner[0] if origin is tuple and inner[1:] == (...,) and kind in (tuple, list) else None
    if (elements is str or (elements is not None and names_of(elements))) and all(type(one) is elements for one in value):
        return tuple(value)
    raise _Unsure
