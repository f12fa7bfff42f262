"""Frozen records that cost next to nothing to define: what ``dataclass(frozen=True, slots=True)`` gives, made when it is first used.

The standard library compiles six methods for every class when its module is imported, and imports the compiler's tools to do it. A
command makes a few records of a few of the classes that it imports. Here the methods are shared, a class gets an ``__init__`` of its
own when many records of it are made, and ``dataclasses.fields``, ``replace`` and ``asdict`` work on records as on any dataclass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from arena_core.typed import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")
C = TypeVar("C", bound=type[Any])


class _Missing:
    def __repr__(self) -> str:
        return "<factory>"  # what a signature shows


#: Of so many records the ``__init__`` is interpreted: compiling one pays off later.
_FEW = 12
_MISSING: Any = _Missing()


class _Special:
    """What ``field`` says of a field besides a plain default."""

    __slots__ = ("default", "factory", "repr")

    def __init__(self, default: Any, factory: Callable[[], Any] | None, shown: bool) -> None:
        self.default = default
        self.factory = factory
        self.repr = shown


def field(*, default: Any = _MISSING, default_factory: Callable[[], Any] | None = None, repr: bool = True) -> Any:
    """Say more of a field than its default: as ``dataclasses.field``."""
    return _Special(default, default_factory, repr)


@overload
def record(cls: C) -> C: ...


@overload
def record(*, slots: bool = True) -> Callable[[C], C]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: Any = None, *, slots: bool = True) -> Any:
    """Make a frozen record of a class with annotated fields; ``slots=False`` leaves its objects a ``__dict__``.

    >>> @record
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> Point(1), Point(1) == Point(1, 0), replace(Point(1), y=2)
    (Point(x=1, y=0), True, Point(x=1, y=2))
    """
    return _made(cls, slots) if cls is not None else lambda found: _made(found, slots)


def replace(record: T, **changes: Any) -> T:
    """Return a record of the same class in which some fields have other values."""
    names = type(record).__match_args__  # type: ignore[attr-defined]
    return type(record)(**({name: getattr(record, name) for name in names} | changes))


def names_of(cls: type[Any]) -> tuple[str, ...]:
    """Return the names of a record's fields, or nothing for what is no record."""
    return tuple(getattr(cls, "__record__", ()))


def values_of(record: Any) -> dict[str, Any]:
    """Return the values of a record's fields by name; what they hold stays the same objects."""
    return {name: getattr(record, name) for name in type(record).__match_args__}


def _made(cls: Any, slots: bool) -> Any:
    namespace = dict(vars(cls))
    fields: dict[str, _Special] = {}
    for base in reversed(cls.__mro__[1:]):
        fields |= vars(base).get("__record__", {})
    own = [name for name, kind in cls.__annotations__.items() if not str(kind).startswith("ClassVar")]
    for name in own:
        given = namespace.get(name, _MISSING)
        fields[name] = given if isinstance(given, _Special) else _Special(given, None, True)
    added = {name: what for name, what in _SHARED.items() if name not in namespace or name == "__hash__"}
    added |= {
        "__record__": fields,
        "__match_args__": tuple(fields),
        "__dataclass_fields__": _FIELDS,
        "__signature__": _SIGNATURE,
        "__uses__": 0,
    }
    if not slots:
        for name in own:
            if isinstance(namespace.get(name), _Special):
                delattr(cls, name)
        for name, what in added.items():
            setattr(cls, name, what)
        return cls
    left_out = {*own, "__dict__", "__weakref__"}
    added |= {"__slots__": tuple(own), "__qualname__": cls.__qualname__}
    return type(cls)(cls.__name__, cls.__bases__, {name: what for name, what in namespace.items() if name not in left_out} | added)


def _first(self: Any, *arguments: Any, **named: Any) -> None:
    """The ``__init__`` of a class of which few records have been made."""
    owner: Any = _owner(type(self))
    fields = vars(owner)["__record__"]
    given = dict(zip(fields, arguments, strict=False)) | named
    wrong = len(given) != len(arguments) + len(named) or not fields.keys() >= given.keys()
    owner.__uses__ += 1
    if wrong or owner.__uses__ > _FEW:
        _real(owner)(self, *arguments, **named)
        return
    for name, what in fields.items():
        if name in given:
            value = given[name]
        elif what.factory is not None:
            value = what.factory()
        elif what.default is not _MISSING:
            value = what.default
        else:
            # The compiled one says what is missing.
            _real(owner)(self, *arguments, **named)
        object.__setattr__(self, name, value)


def _owner(cls: type[Any]) -> Any:
    """Return the class whose fields the records of ``cls`` have."""
    return next(base for base in cls.__mro__ if "__record__" in vars(base))


def _real(cls: type[Any]) -> Callable[..., None]:
    """Return the compiled ``__init__`` of a class of records, made if it has not been yet."""
    owner = _owner(cls)
    if owner.__init__ is _first:
        owner.__init__ = _initializer(owner)
    made: Callable[..., None] = owner.__init__
    return made


def _initializer(owner: Any) -> Callable[..., None]:
    """Compile ``__init__``: it is what the signature of the class is read from, and fast for ten thousand records."""
    names: dict[str, Any] = {"_none": _MISSING}
    slotted = "__slots__" in vars(owner)
    words, lines = [], [] if slotted else [" mine = self.__dict__"]
    for name, what in owner.__record__.items():
        if slotted:
            names[f"_set_{name}"] = _setter(owner, name)
        value = name
        if what.factory is not None:
            names[f"_new_{name}"] = what.factory
            words.append(f"{name}=_none")
            value = f"_new_{name}() if {name} is _none else {name}"
        elif what.default is not _MISSING:
            names[f"_default_{name}"] = what.default
            words.append(f"{name}=_default_{name}")
        else:
            words.append(name)
        lines.append(f" _set_{name}(self, {value})" if slotted else f" mine[{name!r}] = {value}")
    exec(f"def __init__(self, {', '.join(words)}):\n" + "\n".join(lines or [" pass"]), names)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{owner.__qualname__}.__init__"
    made.__annotations__ = {**_annotations(owner), "return": None}
    return made


def _annotations(owner: type[Any]) -> dict[str, Any]:
    fields = names_of(owner)
    found: dict[str, Any] = {}
    for cls in reversed(owner.__mro__):
        found |= {name: kind for name, kind in getattr(cls, "__annotations__", {}).items() if name in fields}
    return found


def _setter(owner: type[Any], name: str) -> Callable[[Any, Any], None]:
    """Return what sets a field past ``__setattr__``: the slot's own way, where there is one."""
    slot = getattr(owner, name, None)
    if type(slot).__name__ == "member_descriptor":
        found: Callable[[Any, Any], None] = slot.__set__  # type: ignore[union-attr]
        return found
    return lambda self, value: object.__setattr__(self, name, value)


def _values(self: Any) -> tuple[Any, ...]:
    return tuple([getattr(self, name) for name in self.__match_args__])


def _repr(self: Any) -> str:
    shown = [f"{name}={getattr(self, name)!r}" for name, what in self.__record__.items() if what.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: Any, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _frozen(self: Any, name: str, value: Any = None) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _reduce(self: Any) -> tuple[Any, ...]:
    """For ``copy`` and ``pickle``, which would set the fields one by one."""
    return _restored, (type(self), _values(self))


def _restored(cls: type[T], values: tuple[Any, ...]) -> T:
    return cls(**dict(zip(cls.__match_args__, values, strict=True)))  # type: ignore[attr-defined]


class _Fields:
    """Makes the ``__dataclass_fields__`` of a record when somebody asks: records are dataclasses for those who look."""

    def __get__(self, instance: object, owner: Any) -> Mapping[str, Any]:
        import dataclasses

        kinds = _annotations(owner)
        fields: list[tuple[str, Any, Any]] = []
        for name, what in owner.__record__.items():
            given: dict[str, Any] = {"repr": what.repr}
            if what.factory is not None:
                given["default_factory"] = what.factory
            elif what.default is not _MISSING:
                given["default"] = what.default
            fields.append((name, kinds[name], dataclasses.field(**given)))
        plain = dataclasses.make_dataclass(owner.__name__, fields)
        made = {one.name: one for one in dataclasses.fields(plain)}
        type.__setattr__(owner, "__dataclass_fields__", made)
        return made


class _Signature:
    """Says what a record is made of, also before the first one is made."""

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        import inspect

        whole = inspect.signature(_real(owner))
        return whole.replace(parameters=list(whole.parameters.values())[1:])


_FIELDS, _SIGNATURE = _Fields(), _Signature()
_SHARED: dict[str, Any] = {
    "__init__": _first,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _frozen,
    "__delattr__": _frozen,
    "__reduce__": _reduce,
    "__replace__": replace,
}
