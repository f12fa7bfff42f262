"""The queueing systems whose objects are understood: handed to the use cases, which know none by name."""

from __future__ import annotations

from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.contract.queues import QueueSystem


def queue_systems() -> tuple[QueueSystem, ...]:
    """Return those that are built in."""
    from arena_core.families.queues import systems

    return systems()
