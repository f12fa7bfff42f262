"""Quota of a LocalQueue: what its ClusterQueue has, borrows and lends within its cohort. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from arena_core.contract.queues import Quota
from arena_core.contract.types import Manifest
from arena_core.families.queues.lines import amount
from arena_core.k8s import dig
from arena_core.typed import Any

_Place = tuple[str, str]
_Amounts = Mapping[_Place, int | None]


def quotas(local: Manifest, parent: Manifest | None, cluster: Sequence[Manifest], cohorts: Sequence[Manifest] | None) -> list[Quota]:
    """Return a row for each flavor and resource; where the ClusterQueue may not be read, what the LocalQueue itself tells.

    ``cohorts`` are objects with quota of their own, which lend, too; None where they cannot be read.
    """
    mine = _reserved(local, "total")
    if parent is None:
        return [Quota(resource, flavor, mine=held) for (flavor, resource), held in mine.items()]
    used, borrowed = _reserved(parent, "total"), _reserved(parent, "borrowed")
    members = [q for q in cluster if _cohort(q) and _cohort(q) == _cohort(parent)]
    found = []
    for place, limits in _declared(parent):
        nominal = amount(limits.get("nominalQuota"))
        lent, most = _lent(place, parent, members, cohorts)
        found.append(
            Quota(
                place[1],
                place[0],
                nominal,
                used.get(place, 0),
                mine.get(place, 0),
                borrowed.get(place, 0),
                lent,
                most,
                _most(place, nominal, limits, parent, members, cohorts),
            )
        )
    return found


def _cohort(queue: Any) -> str:
    return dig.text(queue, "spec", "cohortName") or dig.text(queue, "spec", "cohort")


def _declared(queue: Manifest) -> Iterator[tuple[_Place, Mapping[str, Any]]]:
    for group in dig.items(queue, "spec", "resourceGroups"):
        for flavor in dig.items(group, "flavors"):
            for resource in dig.items(flavor, "resources"):
                yield (dig.text(flavor, "name"), dig.text(resource, "name")), resource


def _reserved(queue: Manifest, field: str) -> dict[_Place, int]:
    """Return what is reserved by flavor and resource; a queue that tells only what is admitted is believed, too."""
    found: dict[_Place, int] = {}
    flavors = next((f for f in ("flavorsReservation", "flavorsUsage", "flavorUsage") if dig.dig(queue, "status", f)), "flavorsUsage")
    for flavor in dig.items(queue, "status", flavors):
        for resource in dig.items(flavor, "resources"):
            found[dig.text(flavor, "name"), dig.text(resource, "name")] = amount(resource.get(field)) or 0
    return found


def _own_quota(cohort: str, cohorts: Sequence[Manifest] | None) -> bool | None:
    """Whether the cohort is an object with quota of its own or a parent, which lends as its members do; None where that is not known."""
    if cohorts is None:
        return None
    obj = next((c for c in cohorts if dig.text(c, "metadata", "name") == cohort), None)
    return obj is not None and bool(dig.dig(obj, "spec", "resourceGroups") or _parent(obj))


def _parent(cohort: Manifest) -> str:
    return dig.text(cohort, "spec", "parentName") or dig.text(cohort, "spec", "parent")


def _lent(place: _Place, queue: Manifest, members: Sequence[Manifest], cohorts: Sequence[Manifest] | None) -> tuple[int | None, int | None]:
    """Return (exactly lent or None, the most it can be): who of several lends to whom nobody writes down."""
    others = [m for m in members if dig.text(m, "metadata", "name") != dig.text(queue, "metadata", "name")]
    total = sum(_reserved(m, "borrowed").get(place, 0) for m in others)
    here = _spare(place, queue)
    if not total or not here:
        return 0, 0
    alone = not any(_spare(place, m) for m in others) and _own_quota(_cohort(queue), cohorts) is False
    return (min(total, here), min(total, here)) if alone else (None, min(total, here))


def _spare(place: _Place, queue: Manifest) -> int:
    """Return what the queue leaves to others: what it does not use of what it may lend."""
    limits = dict(_declared(queue)).get(place, {})
    nominal = amount(limits.get("nominalQuota")) or 0
    free = max(0, nominal - _reserved(queue, "total").get(place, 0))
    limit = amount(limits.get("lendingLimit"))
    return free if limit is None else min(free, limit)


def _most(
    place: _Place,
    nominal: int | None,
    limits: Mapping[str, Any],
    queue: Manifest,
    members: Sequence[Manifest],
    cohorts: Sequence[Manifest] | None,
) -> int | None:
    """Return what can ever be had: the own quota and all that others may lend, within the limit of borrowing."""
    if nominal is None:
        return None
    if not _cohort(queue):
        return nominal
    limit = amount(limits.get("borrowingLimit"))
    if _own_quota(_cohort(queue), cohorts) is not False:
        return None if limit is None else nominal + limit
    lendable = 0
    for member in members:
        if dig.text(member, "metadata", "name") != dig.text(queue, "metadata", "name"):
            theirs = dict(_declared(member)).get(place, {})
            offer, cap = amount(theirs.get("nominalQuota")) or 0, amount(theirs.get("lendingLimit"))
            lendable += offer if cap is None else min(offer, cap)
    return nominal + (lendable if limit is None else min(limit, lendable))
