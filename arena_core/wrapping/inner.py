"""The job inside a wrapper: its own arguments, made from the wrapper's, and what its type says of them under the wrapper's names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from arena_core.args import ArgsGroup, flag_name, parse
from arena_core.contract.errors import InvalidArguments
from arena_core.contract.types import Build, JobHandle, Lookup, Manifest, Note, Problem
from arena_core.records import record, replace
from arena_core.wrapping.fields import model_inside
from arena_core.wrapping.names import PASSED_ON, Names, names_for, wrapping_of

if TYPE_CHECKING:
    from pydantic import BaseModel

_Said = TypeVar("_Said", bound=Problem | Note)


@record(slots=False)
class Inner:
    """The job inside: ``given`` are the wrapper's arguments, ``own`` the model of the flags that the wrapper claims."""

    title: str
    own: type[BaseModel]
    forced: Mapping[str, Any]
    handle: JobHandle
    given: Any

    @cached_property
    def names(self) -> Names:
        """Which flag of the wrapper means which field inside."""
        return names_for(self.own.model_fields, self.handle)

    @cached_property
    def fixed(self) -> dict[str, Any]:
        """The fields whose value the wrapper or the type itself forces."""
        known, wrapping = self.handle.args_model.model_fields, wrapping_of(self.handle)
        renamed = set(wrapping.renamed.values())
        held = {field: value for field, value in self.forced.items() if field in known and field not in renamed}
        return {**held, **wrapping.forced}

    @cached_property
    def args(self) -> Any:
        """The type's own arguments; raises ``InvalidArguments`` with every problem of its model, under its own names."""
        model, said = model_inside(self.handle), self.given.model_fields_set
        raw = {field: getattr(self.given, field) for field in PASSED_ON if field in model.model_fields}
        raw |= {field: getattr(self.given, name) for name, field in self.names.fields.items() if name in said}
        for name, fields in self.names.shared.items():
            raw |= {field: getattr(self.given, name) for field in fields if name in said and self.names.outside(field) not in said}
        return parse(model, raw | self.fixed)

    def named(self, said: _Said) -> _Said:
        """Return a problem or note of the type under the wrapper's name of the field."""
        return replace(said, field=self.names.outside(said.field))

    def problems(self) -> list[Problem]:
        """Return what is wrong with the job inside."""
        try:
            found = self.handle.validate(self.args)
        except InvalidArguments as error:
            found = list(error.problems)
        return [self.named(problem) for problem in found]

    def preflight(self, lookup: Lookup) -> list[Problem | Note]:
        """Return what only the cluster knows of the job inside."""
        return [self.named(said) for said in self.handle.preflight(self.args, lookup)]

    def build(self, around: Build | None = None) -> list[Manifest]:
        """Return the objects of the job inside, the job first, in the version that the cluster serves if ``around`` knows that."""
        if around is None:
            return self.handle.build_manifests(self.args, wrapped=True)
        return self.handle.build_manifests(self.args, wrapped=True, settled=around.settled)

    def notes(self) -> Iterator[str]:
        """Yield what the type says of its arguments, but not of those that only the wrapper has set, and what it warns of inside."""
        silent = tuple(self._unsaid())
        said = self.args.notes() if isinstance(self.args, ArgsGroup) else ()
        yield from (text for text in said if text.partition(" ")[0].rstrip(":") not in silent)
        warnings = [*wrapping_of(self.handle).warn(self.args), *self.handle.notes(self.args)]
        for note in map(self.named, warnings):
            flag = f"{flag_name(type(self.given), note.field)}: " if note.field in type(self.given).model_fields else ""
            yield f"{flag}{note.message}{f' ({note.hint})' if note.hint else ''}"

    def _unsaid(self) -> Iterator[str]:
        model, said = self.handle.args_model, self.given.model_fields_set
        for field in model.model_fields:
            if self.names.outside(field) not in said or field in self.fixed:
                flag = flag_name(model, field)
                yield from (flag, f"--no-{flag[2:]}")
