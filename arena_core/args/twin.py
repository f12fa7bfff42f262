"""The model of pydantic's that reads, writes and describes what a class of arguments does. Made when it is asked for first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from pydantic import BaseModel


def of(model: Any) -> type[BaseModel]:
    """Return the twin of a class; there is one of each."""
    found: type[BaseModel] | None = vars(model).get("__twin__")
    if found is None:
        found = model.__twin__ = _made(model)
    return found


def light(model: Any, made: Any) -> Any:
    """Return the arguments that a twin holds."""
    values = {name: getattr(made, name) for name in model.model_fields}
    return model.model_construct(made.model_fields_set, **values, **(made.model_extra or {}))


def like(args: Any) -> BaseModel:
    """Return the twin of arguments, which holds the same values."""
    made = of(type(args)).model_construct(args.model_fields_set)
    vars(made).update(args)
    return made


def _made(model: Any) -> type[BaseModel]:
    from pydantic import BaseModel, field_validator, model_validator

    class Twin(BaseModel):
        """What pydantic calls with an object of its own finds the properties and methods of the class there."""

        def __getattr__(self, name: str) -> Any:
            try:
                return super().__getattr__(name)  # type: ignore[misc]
            except AttributeError:
                if name.startswith("_") or not hasattr(model, name):
                    raise
                return getattr(light(model, self), name)

    annotations: dict[str, Any] = {}
    space: dict[str, Any] = {
        "__module__": model.__module__,
        "__qualname__": model.__qualname__,
        "__doc__": vars(model).get("__doc__"),
        "__annotations__": annotations,
        "model_config": dict(model.model_config),
        "_obey": model_validator(mode="after")(_obeying(model)),
    }
    for name, info in model.model_fields.items():
        annotations[name], space[name] = _field(info)
    for name, (fields, mode) in model.__validators__.items():
        decorated: Any = field_validator(*fields, mode=mode, check_fields=False)
        space[name] = decorated(staticmethod(getattr(model, name)))
    for name, proxy in model.__foreign__.items():
        space[name] = _bound(model, name, proxy)
    for base in model.__mro__:
        if "model_post_init" in vars(base):
            if base.__module__ != "arena_core.args.model":
                space["model_post_init"] = vars(base)["model_post_init"]
            break
    made: Any = type(BaseModel)
    found: type[BaseModel] = made(model.__name__, (Twin,), space)
    return found


def _obeying(model: Any) -> Callable[[Any], Any]:
    def obey(self: Any) -> Any:
        light(model, self)._obey()
        return self

    return obey


def _field(info: Any) -> tuple[Any, Any]:
    """Return annotation and field for pydantic."""
    if hasattr(info, "constraints"):
        annotation = info.annotation
        for item in info.metadata:
            annotation = Annotated[annotation, item]
        return annotation, info.pydantic()
    from copy import copy

    return info.annotation, copy(info)


def _bound(model: Any, name: str, proxy: Any) -> Any:
    """Return what a decorator of pydantic's has left in a class: a class method stays one of that class."""
    if isinstance(getattr(proxy, "wrapped", None), classmethod):
        return type(proxy)(staticmethod(getattr(model, name)), proxy.decorator_info)
    return proxy


def core_schema(model: Any, handler: Any) -> Any:
    """Return how a model of pydantic's reads and writes arguments that are a value of its own."""
    from pydantic_core import core_schema as cs

    def read(value: Any, inner: Callable[[Any], Any]) -> Any:
        return value if isinstance(value, model) else light(model, inner(value))

    def write(args: Any, info: Any) -> Any:
        return args.model_dump(mode=info.mode)

    return cs.no_info_wrap_validator_function(
        read, handler(of(model)), serialization=cs.plain_serializer_function_ser_schema(write, info_arg=True)
    )
