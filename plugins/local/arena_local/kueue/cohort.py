"""What a ClusterQueue may use: its own quota, and what the other queues of its cohort do not use and lend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from arena_local.bundle import Api, Obj
from arena_local.kueue import amounts, kinds, podsets

Place = tuple[str, str]
_NONE = Decimal(0)


@dataclass(frozen=True)
class _Limits:
    """The quota of one (flavor, resource): its own, how much may be borrowed and lent (None: all that there is)."""

    nominal: Decimal = _NONE
    borrow: Decimal | None = None
    lend: Decimal | None = None

    @property
    def kept(self) -> Decimal:
        """What the queue never lends."""
        return _NONE if self.lend is None else max(_NONE, self.nominal - self.lend)


def _limits(queue: Obj) -> dict[Place, _Limits]:
    found: dict[Place, _Limits] = {}
    for group in queue["spec"].get("resourceGroups") or ():
        for flavor in group.get("flavors") or ():
            for resource in flavor.get("resources") or ():
                read = amounts.read({k: v for k, v in resource.items() if k.endswith(("Quota", "Limit")) and v is not None})
                place = (flavor["name"], resource["name"])
                found[place] = _Limits(read.get("nominalQuota", _NONE), read.get("borrowingLimit"), read.get("lendingLimit"))
    return found


def used(holding: Iterable[Obj]) -> dict[Place, Decimal]:
    """Return what Workloads hold together."""
    total: dict[Place, Decimal] = {}
    for workload in holding:
        for place, amount in podsets.usage(workload).items():
            total[place] = total.get(place, _NONE) + amount
    return total


def name_of(queue: Obj) -> str:
    """Return the name of the queue's cohort, or ""."""
    return str(queue["spec"].get("cohortName") or "")


def others(api: Api, queue: Obj) -> list[Obj]:
    """Return the other ClusterQueues of the queue's cohort."""
    cohort, own = name_of(queue), queue["metadata"]["name"]
    if not cohort:
        return []
    return [item for item in api.list(kinds.CLUSTER_QUEUES) if name_of(item) == cohort and item["metadata"]["name"] != own]


class Capacity:
    """How much of each (flavor, resource) one queue can take now, and could ever take."""

    def __init__(self, queue: Obj, holding: Iterable[Obj], cohort: Sequence[tuple[Obj, Sequence[Obj]]] = ()) -> None:
        self._own = _limits(queue)
        self._used = used(holding)
        self._lenders: Sequence[tuple[Mapping[Place, _Limits], Mapping[Place, Decimal]]] = [
            (self._own, self._used),
            *((_limits(item), used(held)) for item, held in cohort),
        ]

    def nominal(self, place: Place) -> Decimal:
        """Return the queue's own quota."""
        return self._own.get(place, _Limits()).nominal

    def borrows(self, place: Place, amount: Decimal) -> bool:
        """Return whether that much more is more than the queue's own quota."""
        return self._used.get(place, _NONE) + amount > self.nominal(place)

    def most(self, place: Place) -> Decimal:
        """Return what the queue could use if nobody used anything."""
        own = self._own.get(place, _Limits())
        pool = sum((limits[place].nominal - limits[place].kept for limits, _ in self._lenders if place in limits), _NONE)
        return own.kept + (pool if own.borrow is None else min(pool, own.nominal - own.kept + own.borrow))

    def free(self, place: Place) -> Decimal:
        """Return what the queue can still take."""
        own, mine = self._own.get(place, _Limits()), self._used.get(place, _NONE)
        pool = _NONE
        for limits, use in self._lenders:
            part = limits.get(place, _Limits())
            pool += part.nominal - part.kept - max(_NONE, use.get(place, _NONE) - part.kept)
        if own.borrow is not None:
            pool = min(pool, own.nominal - own.kept - max(_NONE, mine - own.kept) + own.borrow)
        return max(_NONE, own.kept - mine) + pool

    def room(self) -> dict[Place, Decimal]:
        """Return up to how much the queue itself may use now, per place."""
        return {place: self._used.get(place, _NONE) + self.free(place) for place in self._own}
