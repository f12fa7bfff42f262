"""What an annotation says beside its type: functions that read, check and write a value. They bear pydantic's names and mean the same.

A model of arguments is read without pydantic as long as its values are right, so these do not come from there; pydantic understands them
wherever they stand in a model of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, cast

from arena_core.records import record

_Method = TypeVar("_Method", bound=Callable[..., Any])


class _Marker:
    """Asks pydantic's marker of the same name, where pydantic reads the annotation."""

    def __get_pydantic_core_schema__(self: Any, source: Any, handler: Any) -> Any:
        return self._pydantic().__get_pydantic_core_schema__(source, handler)


@record
class BeforeValidator(_Marker):
    """Makes a value of what was given, before its type is looked at."""

    func: Callable[[Any], Any]

    def _pydantic(self) -> Any:
        from pydantic import BeforeValidator as Theirs

        return Theirs(self.func)


@record
class AfterValidator(_Marker):
    """Checks, or changes, a value of the right type."""

    func: Callable[[Any], Any]

    def _pydantic(self) -> Any:
        from pydantic import AfterValidator as Theirs

        return Theirs(self.func)


@record
class PlainSerializer(_Marker):
    """Writes a value as a job file has it."""

    func: Callable[[Any], Any]
    when_used: Literal["always", "json"] = "always"

    def _pydantic(self) -> Any:
        from pydantic import PlainSerializer as Theirs

        return Theirs(self.func, when_used=self.when_used)


@record
class WithJsonSchema:
    """Says the JSON Schema of a value as a job file has it."""

    json_schema: Mapping[str, Any]

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> Any:
        from pydantic import WithJsonSchema as Theirs

        return Theirs(dict(self.json_schema)).__get_pydantic_json_schema__(core_schema, handler)


@record
class Metavar:
    """Says how help calls a value of the type, where the flag itself does not: ``DURATION``."""

    text: str


class FieldValidator(classmethod):  # type: ignore[type-arg]
    """A class method that reads or checks the values of some fields."""

    def __init__(self, method: Any, fields: tuple[str, ...], mode: Literal["before", "after"]) -> None:
        super().__init__(getattr(method, "__func__", method))
        self.fields, self.mode = fields, mode

    def __set_name__(self, owner: Any, name: str) -> None:
        """In a model of pydantic's be one of its own."""
        if hasattr(owner, "__pydantic_decorators__"):
            from pydantic import field_validator as theirs

            setattr(owner, name, theirs(*self.fields, mode=self.mode)(classmethod(self.__func__)))


def field_validator(*fields: str, mode: Literal["before", "after"] = "after") -> Callable[[_Method], _Method]:
    """Make a class method read (``before`` the type is looked at) or check (``after``) the values of these fields (``*``: of all).

    It returns the value, or raises ``ValueError`` with what is wrong.
    """

    def made(method: _Method) -> _Method:
        return cast("_Method", FieldValidator(method, fields, mode))

    return made
