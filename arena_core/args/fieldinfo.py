"""A field of a model of arguments: its type, its default, and what else was said of it. It answers what pydantic's of that name does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy, deepcopy
from typing import Any

#: Constraints that are looked at without pydantic.
BOUNDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "ge": lambda value, bound: value >= bound,
    "gt": lambda value, bound: value > bound,
    "le": lambda value, bound: value <= bound,
    "lt": lambda value, bound: value < bound,
    "min_length": lambda value, bound: len(value) >= bound,
    "max_length": lambda value, bound: len(value) <= bound,
    "multiple_of": lambda value, bound: type(value) is int and value % bound == 0,
}


class FieldInfo:
    """``metadata`` is what stands beside the type in its annotation, ``constraints`` what goes to pydantic's ``Field`` as it is.

    A default of ``...`` means that the field must be given.
    """

    __slots__ = ("annotation", "constraints", "default", "default_factory", "description", "json_schema_extra", "metadata")

    def __init__(
        self,
        default: Any = ...,
        *,
        default_factory: Callable[[], Any] | None = None,
        description: str | None = None,
        json_schema_extra: Mapping[str, Any] | None = None,
        **constraints: Any,
    ) -> None:
        self.annotation: Any = None
        self.metadata: tuple[Any, ...] = ()
        self.default, self.default_factory = default, default_factory
        self.description, self.json_schema_extra, self.constraints = description, json_schema_extra, constraints

    def is_required(self) -> bool:
        """Whether there is no default."""
        return self.default is ... and self.default_factory is None

    def get_default(self, *, call_default_factory: bool = False) -> Any:
        """Return the default, one of one's own where it could be changed; None where it has to be made, and may not be."""
        if self.default_factory is not None:
            return self.default_factory() if call_default_factory else None
        default = self.default
        return default if default is None or type(default) in (str, int, bool, tuple, type(...)) else deepcopy(default)

    def placed(self, annotation: Any, metadata: tuple[Any, ...]) -> FieldInfo:
        """Return the same for a field of this type."""
        made = copy(self)
        made.annotation, made.metadata = annotation, metadata
        return made

    def pydantic(self) -> Any:
        """Return pydantic's field that says the same; its type stands in the annotation."""
        from pydantic import Field

        given: dict[str, Any] = {**self.constraints, "description": self.description, "json_schema_extra": self.json_schema_extra}
        if self.default_factory is not None:
            return Field(default_factory=self.default_factory, **given)
        return Field(self.default, **given)

    def __get__(self, instance: object, owner: Any) -> Any:
        """In a model of pydantic's be one of its fields: it asks the class for what stands behind the annotation."""
        return self.pydantic() if hasattr(owner, "__pydantic_decorators__") else self

    def __repr__(self) -> str:
        return f"FieldInfo(annotation={self.annotation!r}, required={self.is_required()}, default={self.default!r})"
