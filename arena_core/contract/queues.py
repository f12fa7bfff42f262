"""Queues as every queueing system has them: what may be used, who uses it, who waits and at which place. Amounts are billionths.

What is None could not be read, or cannot be told from what was: nothing may be concluded from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.types import Manifest, Resource
from arena_core.records import field, record
from arena_core.typed import Protocol


@record
class Quota:
    """One resource of a queue. ``flavor`` tells equal resources apart (kinds of nodes), where the system knows such.

    ``used`` is what the whole quota's users hold, ``mine`` what jobs of this queue hold. ``borrowed`` comes from others, ``lent`` is
    what others hold of this; where that cannot be told exactly it is None and ``lent_most`` the most that it can be. ``most`` is what
    can ever be had with all that may be borrowed, None for no limit or not known.
    """

    resource: str
    flavor: str = ""
    nominal: int | None = None
    used: int | None = None
    mine: int | None = None
    borrowed: int | None = None
    lent: int | None = None
    lent_most: int | None = None
    most: int | None = None


@record
class Queued:
    """A job in a queue. ``owner`` is the object's reference (apiVersion, kind, name, uid), ``place`` its place in this queue, from 1,
    ``overall`` that among all who want the same quota; both 0 for one that runs or is held, ``overall`` None where it cannot be told.
    """

    name: str
    namespace: str
    owner: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    since: str = ""
    asks: Mapping[str, int] = field(default_factory=dict)
    place: int = 0
    overall: int | None = 0
    reason: str = ""


@record
class Queue:
    """A queue that jobs name. ``parent`` is what holds its quota, ``cohort`` who lends to each other; ``closed`` says why it admits nobody.

    ``pending`` is the number that waits as the system itself counts it, which may be more than can be read.
    """

    system: str
    name: str
    namespace: str = ""
    parent: str = ""
    cohort: str = ""
    closed: str = ""
    quotas: tuple[Quota, ...] = ()
    running: tuple[Queued, ...] = ()
    waiting: tuple[Queued, ...] = ()
    held: tuple[Queued, ...] = ()
    pending: int | None = None
    admitted: int | None = None
    weight: int | None = None


#: All objects of a kind that may be read, by the kind's key (``localqueues.kueue.x-k8s.io``); None where they cannot be read.
Objects = Mapping[str, Sequence[Manifest] | None]


class QueueSystem(Protocol):
    """What knows the objects of one queueing system."""

    @property
    def SYSTEM(self) -> str:  # noqa: N802  # a constant of a module
        """Its name for people."""
        ...

    @property
    def KINDS(self) -> Sequence[Resource]:  # noqa: N802
        """The kinds that it reads; the first is the queue that jobs name."""
        ...

    def queues(self, objects: Objects, whole: bool) -> list[Queue]:
        """Return the queues; ``whole`` whether the objects are those of all namespaces."""
        ...

    def queue_of(self, related: Sequence[Manifest]) -> str:
        """Return in which queue a job stands or stood, by its related objects; an empty text for none of this system."""
        ...
