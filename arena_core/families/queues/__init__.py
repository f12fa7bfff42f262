"""The queues of Kueue and Volcano, read into the same words. Pure and total."""

from __future__ import annotations

from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.contract.queues import QueueSystem


def systems() -> tuple[QueueSystem, ...]:
    """Return the systems whose objects are understood."""
    from arena_core.families.queues import kueue, volcano

    return (kueue, volcano)
