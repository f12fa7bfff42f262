"""Job types by the word that a person uses for them."""

from __future__ import annotations

from arena_core.cli.run import current
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.contract.types import JobHandle
    from arena_core.registry import Registry


def registry() -> Registry:
    """The installed job types; nothing is loaded yet."""
    return current().registry


def find_type(name: str) -> JobHandle:
    """The job type of this name, alias, shorthand or display name, in any case."""
    return registry().get(name)


def is_type(name: str) -> bool:
    """Whether the word is an installed job type or an alias, from metadata alone."""
    return registry().entry(name) is not None
