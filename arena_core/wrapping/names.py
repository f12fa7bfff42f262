"""Which flag of a wrapper means which field of the type inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena_core.contract.types import JobHandle, Wrapping
from arena_core.records import record

#: Fields of the wrapper that the type inside is told, too; of all others that it claims the type inside hears nothing.
PASSED_ON = ("name", "labels", "annotations")


@record
class Names:
    """The two-way table for one type inside."""

    #: flag of the wrapper → the one field inside
    fields: Mapping[str, str]
    #: flag of the wrapper → the fields inside that it fills where they are not given
    shared: Mapping[str, tuple[str, ...]]

    def outside(self, field: str) -> str:
        """Return the wrapper's name of a field inside, or the field's own."""
        return next((name for name, own in self.fields.items() if own == field), field)


def wrapping_of(inner: JobHandle) -> Wrapping:
    """Return what the type says of being wrapped."""
    return inner.job_type.wrapping or Wrapping()


def names_for(own: Mapping[str, Any], inner: JobHandle) -> Names:
    """Return the table; ``own`` are the wrapper's own fields, whose names nothing inside can have."""
    wrapping, known = wrapping_of(inner), inner.args_model.model_fields
    renamed = {name: field for name, field in wrapping.renamed.items() if field in known and name not in own}
    away = set(wrapping.renamed.values()) | set(renamed)
    plain = {field: field for field in known if field not in away and field not in own}
    shared = {
        name: tuple(field for field in fields if field in known)
        for name, fields in wrapping.shared.items()
        if name not in own and name not in known and name not in renamed
    }
    return Names({**plain, **renamed}, shared)
