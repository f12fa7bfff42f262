"""Classes whose annotations are fields, as pydantic's models are, but which cost next to nothing to make.

Importing pydantic takes as long as all else that a submission does, and making its models half as long again. So a class of arguments is
one of ours: it keeps its annotations, and values that are right are read and written by ``plainly``. For everything else (a value that is
wrong, a JSON Schema, features of pydantic's) there is its twin, the model of pydantic's that ``twin`` makes when it is first asked for.
For type checkers a model is pydantic's: it has the same fields, methods and constructor.
"""

from __future__ import annotations

import sys
from abc import ABCMeta
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, get_origin

from arena_core.args import plainly, twin
from arena_core.args.fieldinfo import FieldInfo
from arena_core.args.markers import FieldValidator

#: Of a class: name → annotation and default of the fields that it declares itself; None for an annotation that the default has already.
DECLARED = "__declared__"


#: Those of the class itself, whatever its metaclass has.
_own_annotations = vars(type)["__annotations__"].__get__


class ArgsMeta(ABCMeta):
    """Makes classes of arguments."""

    __declared__: dict[str, tuple[Any, Any]]

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        """Take the fields and their validators out of the class."""
        validators = {key: (v.fields, v.mode) for key, v in namespace.items() if isinstance(v, FieldValidator)}
        namespace = dict(namespace)
        own = {**namespace.pop("model_config", {}), **config}
        if odd := [key for key, v in namespace.items() if type(v).__name__ == "ModelPrivateAttr"]:
            raise TypeError(
                f"{name}.{odd[0]}: a class of arguments has no private attributes; derive it from pydantic's BaseModel for that"
            )
        made: Any = super().__new__(mcls, name, bases, namespace)
        made.__declared__ = dict(_declared(made))
        if made.__declared__:
            # What the annotations name is looked up later; of a class within a function it may be there alone.
            frame = sys._getframe(1)
            made.__scope__ = frame.f_globals, None if frame.f_locals is frame.f_globals else dict(frame.f_locals)
        foreign = {key: v for key, v in namespace.items() if _is_pydantics(v) and key not in made.__declared__}
        made.__validators__ = _gathered(made, "__validators__", validators)
        made.__foreign__ = _gathered(made, "__foreign__", foreign)
        if own or len({id(getattr(base, "model_config", None)) for base in bases}) > 1:
            made.model_config = _gathered(made, "model_config", own)
        return made

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> None:
        super().__init__(name, bases, namespace)


def _gathered(made: type, what: str, own: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(made.__bases__):
        found |= getattr(base, what, {})
    return found | own


def _declared(made: type) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for name, annotation in _own_annotations(made).items():
        if name.startswith("_") or _is_classvar(annotation):
            continue
        default = vars(made).get(name, ...)
        if name in vars(made):
            delattr(made, name)
        yield name, (annotation, default)


def _is_classvar(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.partition("[")[0].rpartition(".")[2] == "ClassVar"
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def _is_pydantics(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pydantic"


class _Fields:
    """Gives the fields of a class, worked out when they are asked for first."""

    def __get__(self, instance: object, owner: Any) -> dict[str, Any]:
        found: dict[str, Any] | None = vars(owner).get("__fields__")
        if found is None:
            found = owner.__fields__ = _fields(owner)
        return found


def _fields(owner: Any) -> dict[str, Any]:
    """Return the fields as pydantic has them: those of the last base first; where bases differ the first one counts."""
    names = [name for cls in reversed(owner.__mro__) for name in vars(cls).get(DECLARED, ())]
    return {name: _field(owner, name) for name in dict.fromkeys(names)}


def _field(owner: Any, name: str) -> Any:
    declared = vars(owner)[DECLARED]
    if name in vars(owner):
        raise TypeError(f"{owner.__name__}.{name} is a field of a base class: it needs an annotation here, too")
    if name not in declared:
        return next(base.model_fields[name] for base in owner.__bases__ if name in getattr(base, "model_fields", ()))
    annotation, default = declared[name]
    if annotation is None:
        return default
    if isinstance(annotation, str):
        annotation = eval(annotation, *owner.__scope__)
    metadata: tuple[Any, ...] = getattr(annotation, "__metadata__", ())
    if any(type(one).__name__ == "FieldInfo" and _is_pydantics(one) for one in (*metadata, default)):
        from pydantic.fields import FieldInfo as Theirs

        return Theirs.from_annotated_attribute(annotation, default) if default is not ... else Theirs.from_annotation(annotation)
    within = next((one for one in metadata if isinstance(one, FieldInfo)), None)
    info = (default if isinstance(default, FieldInfo) else within or FieldInfo(default)).placed(
        annotation.__origin__ if metadata else annotation, tuple(one for one in metadata if one is not within)
    )
    if info is not default and within and default is not ...:
        info.default = default
    return info


class Model(metaclass=ArgsMeta):
    """The base of all: what pydantic's ``BaseModel`` has, by its names."""

    __slots__ = ("__dict__", "__said__", "__weakref__")
    __said__: set[str]

    model_config: ClassVar[dict[str, Any]] = {}
    model_fields = _Fields()
    model_computed_fields: ClassVar[dict[str, Any]] = {}

    def __init__(self, /, **data: Any) -> None:
        made = plainly.read(type(self), data)
        if made is None:
            made = twin.light(type(self), twin.of(type(self)).model_validate(data))
        self.__setstate__(made.__getstate__())

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Any:
        """Make one of values that are right, without a look at them."""
        made = cls.__new__(cls)
        absent = {name: info.get_default(call_default_factory=True) for name, info in cls.model_fields.items() if name not in values}
        made.__setstate__(({**absent, **values}, set(values) if _fields_set is None else set(_fields_set)))
        return made

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Any:
        """Read one; raises pydantic's ``ValidationError``."""
        if isinstance(obj, cls) and not options:
            return obj
        plain = plainly.read(cls, obj) if isinstance(obj, Mapping) and not options else None
        if plain is not None:
            return plain
        return twin.light(cls, twin.of(cls).model_validate(obj, **options))

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Any:
        """Read one from JSON."""
        return twin.light(cls, twin.of(cls).model_validate_json(json_data, **options))

    @classmethod
    def model_validate_strings(cls, obj: Any, **options: Any) -> Any:
        """Read one of which every value is a text."""
        return twin.light(cls, twin.of(cls).model_validate_strings(obj, **options))

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """Return its JSON Schema."""
        found: dict[str, Any] = twin.of(cls).model_json_schema(*args, **options)
        return found

    @classmethod
    def model_parametrized_name(cls, params: tuple[type[Any], ...]) -> str:
        """Refuse it, as pydantic does: these classes are not generic."""
        raise TypeError("Concrete names should only be generated for generic models.")

    @classmethod
    def model_rebuild(cls, **options: Any) -> bool | None:
        """Do nothing: annotations are looked at when they are needed."""
        return None

    def model_post_init(self, context: Any, /) -> None:
        """Do nothing; a subclass may."""

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Any:
        """Return one like it, with these values in place of its own; nothing looks at them."""
        from copy import deepcopy

        values = deepcopy(vars(self)) if deep else dict(vars(self))
        made = type(self).__new__(type(self))
        made.__setstate__((values | dict(update or {}), self.model_fields_set | set(update or ())))
        return made

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Return its values by field."""
        found: dict[str, Any] = twin.like(self).model_dump(**options)
        return found

    def model_dump_json(self, **options: Any) -> str:
        """Return its values as JSON."""
        found: str = twin.like(self).model_dump_json(**options)
        return found

    def _obey(self) -> None:
        """Raise ``ValueError`` for what is wrong between fields."""

    @property
    def model_fields_set(self) -> set[str]:
        """The fields that were given."""
        return self.__said__

    @property
    def model_extra(self) -> dict[str, Any] | None:
        """What was given beside the fields, where that is allowed."""
        fields = type(self).model_fields
        return {k: v for k, v in vars(self).items() if k not in fields} if self.model_config.get("extra") == "allow" else None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return twin.core_schema(cls, handler)

    def __getstate__(self) -> Any:
        return dict(vars(self)), set(self.__said__)

    def __setstate__(self, state: Any) -> None:
        values, said = state
        vars(self).update(values)
        object.__setattr__(self, "__said__", said)

    def __setattr__(self, name: str, value: Any) -> None:
        if self.model_config.get("frozen") and not name.startswith("_"):
            setattr(twin.like(self), name, value)  # raises what pydantic raises
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if self.model_config.get("frozen"):
            delattr(twin.like(self), name)
        object.__delattr__(self, name)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        yield from ((name, vars(self)[name]) for name in type(self).model_fields)

    def __eq__(self, other: object) -> bool:
        return dict(self) == dict(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), tuple(value for _, value in self)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self)})"


def extended(base: Any, name: str, module: str, fields: Mapping[str, Any]) -> Any:
    """Return a class with these fields on top of those of its base; the fields have their types."""
    made = ArgsMeta(name, (base,), {"__module__": module, "__qualname__": name})
    made.__declared__ = {field: (None, info) for field, info in fields.items()}
    return made


def owner_of(model: Any, field: str) -> Any:
    """Return the class that brings a field, the first of all bases."""
    return next((cls for cls in reversed(model.__mro__) if field in vars(cls).get(DECLARED, vars(cls).get("__annotations__", ()))), model)


if TYPE_CHECKING:
    from pydantic import BaseModel

    ArgsModel = BaseModel
else:
    ArgsModel = Model
