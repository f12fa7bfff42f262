"""Job types by the word that a person uses for them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from arena_core.errors import UnknownJobType

if TYPE_CHECKING:
    from arena_core.registry import Registry
    from arena_core.types import JobHandle


@cache
def registry() -> Registry:
    """The installed job types; nothing is loaded yet."""
    from arena_core.registry import Registry

    return Registry()


def find_type(name: str) -> JobHandle:
    """The job type of this name or alias; failing that of this shorthand or display name, for which plugins must be loaded."""
    found = registry()
    try:
        return found.get(name)
    except UnknownJobType:
        for handle in found.each():
            job_type = handle.job_type
            if name.lower() in {s.lower() for s in (job_type.shorthand, job_type.display, *job_type.aliases) if s}:
                return handle
        raise


def is_type(name: str) -> bool:
    """Whether the word is an installed job type or an alias, from metadata alone."""
    return registry().entry(name) is not None
