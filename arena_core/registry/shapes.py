"""Whether a value has the type that the contract's classes declare, all the way down: a right class may hold wrong types."""

from __future__ import annotations

import collections.abc
import functools
import sys
import types
from collections.abc import Callable, Mapping
from enum import EnumType
from operator import attrgetter

from arena_core.records import names_of
from arena_core.typed import Any

_PLAIN = (str, int, bool)
#: Of their values nothing can be wrong where they are empty.
_COLLECTIONS = (tuple, list, dict)
#: Says what is wrong with a value, or nothing.
Check = Callable[[Any], str]


def check_of(hint: Any) -> Check:
    """Return the check for a type: "" where a value fits, else a few words on what it is and what is expected.

    >>> from arena_core.contract.types import PodSet
    >>> check_of(PodSet)(PodSet("worker", "spec.template")), check_of(PodSet)(PodSet("worker", "spec.template", "3"))
    ('', "PodSet.replicas is str ('3') where int is expected")
    """
    return _made(hint)


@functools.cache
def _made(hint: Any) -> Check:
    typing = sys.modules.get("typing")
    if hint in (Any, object, getattr(typing, "Any", object)):
        return _anything
    origin: Any = getattr(hint, "__origin__", None)
    arguments: tuple[Any, ...] = getattr(hint, "__args__", ())
    if isinstance(hint, types.UnionType) or (typing and origin is typing.Union):
        return _one_of(arguments)
    if words := getattr(hint, "__literal__", arguments if typing and origin is typing.Literal else ()):
        return lambda value: "" if value in words else _wrong(value, f"one of {', '.join(map(repr, words))}")
    if origin is tuple and arguments[-1:] == (...,):
        return _each(tuple, arguments[0])
    if origin in (list, collections.abc.Sequence):
        return _each((list, tuple), arguments[0])
    if origin in (dict, collections.abc.Mapping):
        return _pairs(*arguments)
    if origin is collections.abc.Callable or hint is Callable:
        return lambda value: "" if callable(value) else _wrong(value, "a function")
    plain = origin or hint
    if isinstance(plain, type) and names_of(plain):
        return _fields(plain)
    return _instance(plain)


def _anything(value: Any) -> str:
    return ""


def _wrong(value: Any, expected: str) -> str:
    shown = f" ({value!r})" if isinstance(value, (str, int, float)) and len(str(value)) < 60 else ""
    return f"{type(value).__name__}{shown} where {expected} is expected"


def _instance(kind: Any) -> Check:
    def check(value: Any) -> str:
        if value.__class__ is kind or (isinstance(value, kind) and (kind is not int or not isinstance(value, bool))):
            return ""
        return _wrong(value, "None" if kind is type(None) else kind.__name__)

    return check


def _one_of(hints: tuple[Any, ...]) -> Check:
    checks = [check_of(hint) for hint in hints]

    def check(value: Any) -> str:
        found = []
        for one in checks:
            if not (text := one(value)):
                return ""
            found.append(text)
        return next((text for text in found if value is not None), found[0])

    return check


def _each(kind: Any, item: Any) -> Check:
    one = check_of(item)

    def check(value: Any) -> str:
        if not isinstance(value, kind):
            return _wrong(value, "a tuple" if kind is tuple else "a list")
        for element in value:
            if text := one(element):
                return text
        return ""

    return check


def _pairs(key: Any, item: Any) -> Check:
    keys, items = check_of(key), check_of(item)

    def check(value: Any) -> str:
        if not isinstance(value, Mapping):
            return _wrong(value, "a mapping")
        for k, v in value.items():
            if text := keys(k) or items(v):
                return text
        return ""

    return check


def _fields(kind: type[Any]) -> Check:
    names = names_of(kind)
    if not names:
        return _instance(kind)
    values_of = attrgetter(*names)

    @functools.cache
    def fields() -> tuple[tuple[str, Check, bool], ...]:
        hints = _hints(kind)
        return tuple((name, check_of(hints[name]), _by_class(hints[name])) for name in names)

    #: By the classes of the values of a record that has passed: which values of another one with these may be wrong all the same.
    passed: dict[tuple[type, ...], tuple[int, ...]] = {}

    def check(value: Any) -> str:
        if not isinstance(value, kind):
            return _wrong(value, kind.__name__)
        values = values_of(value) if len(names) > 1 else (values_of(value),)
        classes = tuple(map(type, values))
        doubtful = passed.get(classes)
        # A row of a long list has a dozen fields, whose classes mostly say all: they cost one look.
        for at in range(len(names)) if doubtful is None else doubtful:
            held = values[at]
            if doubtful is not None and not held and held.__class__ in _COLLECTIONS:
                continue
            name, one, _ = fields()[at]
            if text := one(held):
                return text if "." in text.partition(" ")[0] else f"{kind.__name__}.{name} is {text}"
        if doubtful is None:
            passed[classes] = tuple(at for at, (_, _, told) in enumerate(fields()) if not told and values[at] is not None)
        return ""

    return check


def _by_class(hint: Any) -> bool:
    """Whether the class of a value says whether it fits."""
    return hint in _PLAIN or (type(hint) in (type, EnumType) and not names_of(hint))


def _hints(kind: type[Any]) -> dict[str, Any]:
    """Return the types of a record's fields, as ``typing.get_type_hints`` does, which would have to be imported first."""
    return {
        name: eval(hint, vars(sys.modules[cls.__module__])) if isinstance(hint, str) else hint
        for cls in reversed(kind.__mro__)
        for name, hint in vars(cls).get("__annotations__", {}).items()
    }
