"""The tree of quota: ClusterQueues under cohorts under cohorts, what each may lend and borrow, and what is used.

A node has quota of its own; a cohort has besides what its members lend. What a member uses beyond what it never lends counts as used in
its cohort. Amounts are kept per place: (flavor, resource).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from arena_core.k8s import podsize
from arena_local.sdk.bundle import Obj

Place = tuple[str, str]
Usage = Mapping[Place, int]
_NONE = 0


@dataclass(frozen=True)
class Limits:
    """The quota of one place: its own, how much may be borrowed and lent (None: all that there is)."""

    nominal: int = _NONE
    borrow: int | None = None
    lend: int | None = None


_UNSET = Limits()


def limits(obj: Obj) -> dict[Place, Limits]:
    """Read the quota of a ClusterQueue or a Cohort."""
    found: dict[Place, Limits] = {}
    for group in (obj.get("spec") or {}).get("resourceGroups") or ():
        for flavor in group.get("flavors") or ():
            for resource in flavor.get("resources") or ():
                read = podsize.read({k: v for k, v in resource.items() if k.endswith(("Quota", "Limit")) and v is not None})
                place = (flavor["name"], resource["name"])
                found[place] = Limits(read.get("nominalQuota", _NONE), read.get("borrowingLimit"), read.get("lendingLimit"))
    return found


class Node:
    """A ClusterQueue (a leaf) or a cohort."""

    def __init__(self, name: str, own: Mapping[Place, Limits]) -> None:
        self.name = name
        self.parent: Node | None = None
        self.cohorts: list[Node] = []
        self.queues: list[Node] = []
        self.usage: dict[Place, int] = {}
        self._own = own
        self._subtree: dict[Place, int] = {}

    def above(self) -> Iterator[Node]:
        """Yield the cohorts from the parent up to the root."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def root(self) -> Node:
        """Return the topmost node."""
        return next((node for node in self.above() if node.parent is None), self)

    def path(self) -> str:
        """Return the names from the root down to this node, as Kueue writes them."""
        return "/".join(("", *reversed([self.name, *(node.name for node in self.above())])))

    def height(self) -> int:
        """Return the number of levels below the node."""
        deepest = [node.height() for node in self.cohorts]
        return 1 + max([*deepest, 0]) if deepest or self.queues else 0

    # -- what there is --

    def nominal(self, place: Place) -> int:
        """Return the node's own quota."""
        return self._own.get(place, _UNSET).nominal

    def borrowing_limit(self, place: Place) -> int | None:
        """Return up to how much more than its quota the node may use, or None."""
        return self._own.get(place, _UNSET).borrow

    def subtree(self, place: Place) -> int:
        """Return the quota of the node: its own and what its members lend."""
        if place not in self._subtree:
            lent = sum((node.subtree(place) - node.kept(place) for node in (*self.cohorts, *self.queues)), _NONE)
            self._subtree[place] = self.nominal(place) + lent
        return self._subtree[place]

    def kept(self, place: Place) -> int:
        """Return what the node never lends."""
        lend = self._own.get(place, _UNSET).lend
        return _NONE if lend is None else max(_NONE, self.subtree(place) - lend)

    # -- what is used --

    def used(self, place: Place) -> int:
        """Return what is used of the node."""
        return self.usage.get(place, _NONE)

    def spare(self, place: Place) -> int:
        """Return what is left of that which the node never lends."""
        return max(_NONE, self.kept(place) - self.used(place))

    def borrows(self, place: Place, more: int = _NONE) -> bool:
        """Return whether the node would use more than its quota with that much more."""
        return self.used(place) + more > self.subtree(place)

    def within(self, places: Iterable[Place]) -> bool:
        """Return whether the node uses no more than its quota of all these."""
        return not any(self.borrows(place) for place in places)

    def free(self, place: Place) -> int:
        """Return what the node can still take."""
        return max(_NONE, self._available(place))

    def _available(self, place: Place) -> int:
        if self.parent is None:
            return self.subtree(place) - self.used(place)
        above, kept, borrow = self.parent._available(place), self.kept(place), self.borrowing_limit(place)
        if borrow is not None:
            above = min(above, self.subtree(place) - kept - max(_NONE, self.used(place) - kept) + borrow)
        return self.spare(place) + above

    def most(self, place: Place) -> int:
        """Return what the node could take if nobody used anything."""
        if self.parent is None:
            return self.subtree(place)
        whole, borrow = self.kept(place) + self.parent.most(place), self.borrowing_limit(place)
        return whole if borrow is None else min(whole, self.subtree(place) + borrow)

    def take(self, usage: Usage) -> None:
        """Count something as used, here and in the cohorts that lend it."""
        for place, amount in usage.items():
            self._take(place, amount)

    def _take(self, place: Place, amount: int) -> None:
        beyond = amount - self.spare(place)
        self.usage[place] = self.used(place) + amount
        if self.parent is not None and beyond > 0:
            self.parent._take(place, beyond)

    def give(self, usage: Usage) -> None:
        """Count something as used no longer."""
        for place, amount in usage.items():
            self._give(place, amount)

    def _give(self, place: Place, amount: int) -> None:
        lent = self.used(place) - self.kept(place)
        self.usage[place] = self.used(place) - amount
        if self.parent is not None and lent > 0:
            self.parent._give(place, min(amount, lent))

    # -- where something fits --

    def reach(self, place: Place, amount: int) -> tuple[int, bool]:
        """Return how far up one has to go to a node whose quota has room for that much more, and whether it is part of a larger one."""
        if self.parent is None or not self.borrows(place, amount):
            return 0, self.parent is not None
        rest, node = amount - self.spare(place), self.parent
        for node in self.above():
            if not node.borrows(place, rest):
                return node.height(), node.parent is not None
            rest -= node.spare(place)
        return node.height(), False
