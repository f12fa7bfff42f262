"""Queueing systems, and others that decide when a job runs and where: handed to the use cases, which know none by name."""

from __future__ import annotations

from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arena_core.contract.queues import Objects, QueueSystem
    from arena_core.contract.types import Resource


def queue_systems() -> tuple[QueueSystem, ...]:
    """Return those that are built in."""
    from arena_core.families.queues import systems

    return systems()


def deciding_kinds() -> Sequence[Resource]:
    """Return the kinds whose objects decide who starts when, apart from nodes and pods."""
    from arena_core.families.schedulers import QUEUEING

    return QUEUEING


def unforeseen(objects: Objects) -> Sequence[str]:
    """Return what of these objects has a say in when jobs start, but is not foreseen."""
    from arena_core.families.queues import unforeseen as found

    return found(objects)


def managers() -> tuple[frozenset[str], Mapping[str, str]]:
    """Return what operators write into ``managedBy`` for themselves, and by their words what is known of others that stand there."""
    from arena_core.families.schedulers import OTHER_MANAGERS, OWN_MANAGERS

    return OWN_MANAGERS, OTHER_MANAGERS
