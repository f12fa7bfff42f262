"""Plain values, read and written without pydantic's validator: making one takes longer than the whole rest of a submission.

It does what the validator would do with values that are right, by the same fields and the same functions, and returns None wherever
it is not sure: for a wrong value, an unknown key, a field or a model with something that it does not know. Then pydantic reads, and says
what is wrong. A property test holds both against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

from arena_core.args.fieldinfo import BOUNDS, FieldInfo
from arena_core.args.markers import AfterValidator, BeforeValidator, Metavar, PlainSerializer, WithJsonSchema
from arena_core.contract.errors import ArenaError
from arena_core.records import names_of

#: Settings of a model that change nothing for who reads plain values.
_KNOWN_CONFIG = {"extra": "forbid", "frozen": True}
_KNOWN = {*BOUNDS, "validate_default"}


class _Unsure(Exception):
    """Pydantic has to read this."""


def read(model: Any, raw: Mapping[str, Any]) -> Any:
    """Return the arguments of these values by field, or None where pydantic has to read them."""
    try:
        defaults, fields = _understood(model), model.model_fields
        if not raw.keys() <= fields.keys():
            return None
        values = {name: _value(model, name, fields[name], raw[name]) if name in raw else _absent(default) for name, default in defaults}
        made = model.model_construct(set(raw), **values)
        made._obey()
    except (_Unsure, ValueError, TypeError, AssertionError, ArenaError):
        return None
    return made


def write(args: Any) -> dict[str, Any] | None:
    """Return the given values as a job file has them, or None where pydantic has to write them (``model_dump(mode="json")``)."""
    if type(args).__foreign__ or args.model_extra:
        return None
    try:
        return {
            name: _written(getattr(args, name), info) for name, info in type(args).model_fields.items() if name in args.model_fields_set
        }
    except _Unsure:
        return None


def _written(value: Any, info: Any) -> Any:
    """Return a field's value as JSON."""
    if not isinstance(info, FieldInfo):
        raise _Unsure
    writers = [item for item in info.metadata if isinstance(item, PlainSerializer)]
    if writers:
        if any(one != writers[0] for one in writers) or writers[0].when_used not in ("json", "always"):
            raise _Unsure
        value = _called(writers[0].func, value)
    elif info.annotation not in (str, int, bool) and get_origin(info.annotation) not in (Literal, dict, tuple):
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


def _understood(model: Any) -> tuple[tuple[str, Callable[[], Any] | None], ...]:
    """Return what gives the default of each field, None where it has to be given; raises where pydantic has to read the class."""
    found: tuple[tuple[str, Callable[[], Any] | None], ...] | None = vars(model).get("__defaults__")
    if found is None:
        found = model.__defaults__ = (
            () if _is_odd(model) else tuple((name, _giver(model, name, info)) for name, info in model.model_fields.items())
        )
    if not found and model.model_fields:
        raise _Unsure
    return found


def _is_odd(model: Any) -> bool:
    """Whether a class, or one of its fields, does something on reading that is not known here."""
    base = next(cls for cls in reversed(model.__mro__) if "__declared__" in vars(cls))
    own = any(getattr(model, name) is not getattr(base, name) for name in ("__init__", "__new__", "model_post_init"))
    own = own or any(getattr(model, name).__func__ is not getattr(base, name).__func__ for name in ("model_validate", "model_construct"))
    unknown = any(not isinstance(info, FieldInfo) or not info.constraints.keys() <= _KNOWN for info in model.model_fields.values())
    return bool(own or unknown or model.__foreign__ or {k: v for k, v in model.model_config.items() if k != "defer_build"} != _KNOWN_CONFIG)


def _giver(model: Any, name: str, info: FieldInfo) -> Callable[[], Any] | None:
    if info.is_required():
        return None
    if info.constraints.get("validate_default"):
        return lambda: _value(model, name, info, info.get_default(call_default_factory=True))
    if info.default_factory is not None:
        return info.default_factory
    default = info.default
    shared = default is None or default == () or type(default) in (str, int, bool)
    return (lambda: default) if shared else info.get_default


def _absent(default: Callable[[], Any] | None) -> Any:
    if default is None:
        raise _Unsure
    return default()


def _value(model: Any, name: str, info: FieldInfo, value: Any) -> Any:
    """Return the value of a field as given."""
    own = [(getattr(model, v), mode) for v, (fields, mode) in model.__validators__.items() if name in fields or "*" in fields]
    if not all(_takes_value_alone(function) for function, _ in own):
        raise _Unsure
    for function, mode in reversed(own):
        value = function(value) if mode == "before" else value
    value = _annotated(value, info)
    for function, mode in own:
        value = function(value) if mode == "after" else value
    return value


def _takes_value_alone(function: Any) -> bool:
    """Whether a validator is a plain class method of the value; others are given a second argument."""
    code = getattr(getattr(function, "__func__", None), "__code__", None)
    return code is not None and code.co_argcount == 2 and not code.co_flags & 0x0C


def _annotated(value: Any, info: FieldInfo) -> Any:
    """Return what the annotation of a field makes of a value; what was said of the field itself counts for the value of its type."""
    metadata = [item for item in info.metadata if not isinstance(item, PlainSerializer | WithJsonSchema | Metavar)]
    if not all(isinstance(item, BeforeValidator | AfterValidator) for item in metadata):
        raise _Unsure
    for item in reversed(metadata):
        value = _called(item.func, value) if isinstance(item, BeforeValidator) else value
    value = _typed(value, info.annotation)
    if not all(BOUNDS[name](value, bound) for name, bound in info.constraints.items() if name in BOUNDS):
        raise _Unsure
    for item in metadata:
        value = _called(item.func, value) if isinstance(item, AfterValidator) else value
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
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal and kind is str and value in inner:
        return value
    if origin is dict and kind is dict and inner == (str, str) and all(type(k) is str and type(v) is str for k, v in value.items()):
        return dict(value)
    elements = inner[0] if origin is tuple and inner[1:] == (...,) and kind in (tuple, list) else None
    if (elements is str or (elements is not None and names_of(elements))) and all(type(one) is elements for one in value):
        return tuple(value)
    raise _Unsure
