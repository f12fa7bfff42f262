"""Who can say more about a cause than the job's own type: handed to the use cases, which know no family by name."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.typed import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from arena_core.contract.types import Cause, Lookup, Manifest


class Adviser(Protocol):
    """What one family knows of causes."""

    def certain(self, lookup: Lookup, job: Manifest, cause: Cause) -> Cause:
        """Return the cause, raised where it can never end as the cluster is."""

    def hint(self, lookup: Lookup, job: Manifest, related: Sequence[Any], cause: Cause) -> str:
        """Return what the cluster adds to the cause's hint, or an empty text."""

    def past_eviction(self, related: Sequence[Any]) -> tuple[str, str, str]:
        """Return (reason, text, when) of an eviction that is past; empty texts where there was none."""


def advisers() -> tuple[Adviser, ...]:
    """Return those who are built in."""
    from arena_core.families import answers

    return (answers,)
