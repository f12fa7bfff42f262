"""The queues of Kueue and Volcano, read into the same words. Pure and total."""

from __future__ import annotations

from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.contract.queues import Objects, QueueSystem


def systems() -> tuple[QueueSystem, ...]:
    """Return the systems whose objects are understood."""
    from arena_core.families.queues import kueue, volcano

    return (kueue, volcano)


def unforeseen(objects: Objects) -> list[str]:
    """Return what of these objects has a say in when jobs start, but is not foreseen."""
    from arena_core.families.schedulers import CHECK, TOPOLOGY

    words = {TOPOLOGY: "placement by topology is not foreseen", CHECK: "admission checks are not foreseen"}
    return [text for kind, text in words.items() if objects.get(kind.key)]
