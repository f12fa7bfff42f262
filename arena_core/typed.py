"""The names of ``typing`` that annotations need, at no cost: no annotation is evaluated when a command runs.

For type checkers these are the real ones. At run time they are as much of them as a class or a call needs; what evaluates annotations
(``registry.shapes``) knows the stand-ins. Modules that no reading command loads import ``typing`` itself.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any as Any
    from typing import AnyStr as AnyStr
    from typing import Generic as Generic
    from typing import Literal as Literal
    from typing import NamedTuple as NamedTuple
    from typing import Protocol as Protocol
    from typing import TextIO as TextIO
    from typing import TypedDict as TypedDict
    from typing import TypeVar as TypeVar
    from typing import Unpack as Unpack
    from typing import cast as cast
    from typing import dataclass_transform as dataclass_transform
    from typing import overload as overload
else:

    class _Form:
        """Something that an annotation may put in brackets, a base of classes, and no more."""

        def __class_getitem__(cls, item):
            return cls

        def __init_subclass__(cls, **options):
            super().__init_subclass__()

    Any = AnyStr = TextIO = object
    Generic = Unpack = _Form
    # Nobody asks at run time whether an object fits, and making a protocol costs more than loading a module.
    Protocol = object

    class Literal(_Form):
        """A literal, with its values where somebody evaluates it."""

        def __class_getitem__(cls, item):
            return type("Literal", (cls,), {"__literal__": item if isinstance(item, tuple) else (item,)})

    class TypedDict(_Form, dict):
        """A mapping with known keys."""

    def TypeVar(name, *constraints, **options):  # noqa: N802 - it stands for the class
        """Return what an annotation may name."""
        return _Form

    def cast(kind, value):
        """Return the value as it is."""
        return value

    def overload(function):
        """Let the last definition be the one."""
        return function

    def dataclass_transform(**said):
        """Say something to type checkers."""
        return lambda what: what

    class _Rows(type):
        """Makes a named tuple of a class with annotated fields."""

        def __new__(mcs, name, bases, namespace):
            if not bases:
                return super().__new__(mcs, name, bases, namespace)
            from collections import namedtuple

            kinds = namespace.get("__annotations__", {})
            made = namedtuple(  # noqa: PYI024
                name, kinds, defaults=[namespace[field] for field in kinds if field in namespace], module=namespace["__module__"]
            )
            made.__annotations__ = made.__new__.__annotations__ = dict(kinds)
            kept = ("__annotations__", "__module__", "__dict__", "__weakref__")
            for key, value in namespace.items():
                if key not in kinds and key not in kept:
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Rows):
        """A tuple whose fields have names."""
