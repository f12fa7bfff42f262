"""Which admitted Workloads have to give way to one that waits: Kueue's classical preemption, within a queue and its cohorts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from arena_core.k8s import conditions
from arena_local.kueue import assign, kinds
from arena_local.kueue.quota import Node, Place
from arena_local.kueue.snapshot import Holder, Queue, Snapshot
from arena_local.sdk.bundle import Obj

IN_QUEUE, RECLAIM, WHILE_BORROWING = "InClusterQueue", "InCohortReclamation", "InCohortReclaimWhileBorrowing"
Needs = Mapping[Place, int]


@dataclass(frozen=True)
class Target:
    """One that has to give way, and why."""

    holder: Holder
    reason: str


@dataclass(frozen=True)
class _Candidate:
    """One that might: ``common`` is the cohort that it shares with the preemptor, ``fair`` whether only what it borrowed is taken back
    and the preemptor may not borrow in turn.
    """

    holder: Holder
    reason: str
    common: Node | None = None
    fair: bool = False


def priority(workload: Obj) -> int:
    """Return ``spec.priority``."""
    return int(workload["spec"].get("priority") or 0)


def _may(policy: str, workload: Obj, other: Obj) -> bool:
    if policy == "Any":
        return True
    own, theirs = priority(workload), priority(other)
    if policy == "LowerOrNewerEqualPriority" and own == theirs:
        return str(workload["metadata"]["creationTimestamp"]) < str(other["metadata"]["creationTimestamp"])
    return policy != "Never" and own > theirs


class Preemptor:
    """Looks for those that have to give way to one Workload."""

    def __init__(self, snapshot: Snapshot, queue: Queue, workload: Obj) -> None:
        self._by_node = {item.node: item for item in snapshot.queues.values()}
        self._queue = queue
        self._workload = workload
        within = (queue.obj["spec"].get("preemption") or {}).get("borrowWithinCohort") or {}
        self._borrows = (within.get("policy") or "Never") != "Never"
        self._threshold: int | None = within.get("maxPriorityThreshold")

    def oracle(self, place: Place, amount: int) -> tuple[int, int]:
        """Answer the assigner: how well so much fits once others have given way, and how far up the queue then borrows."""
        targets = self.targets({place: amount}, {place})
        node = self._queue.node
        if not targets:
            return assign.NO_CANDIDATES, node.reach(place, amount)[0]
        for target in targets:
            target.holder.queue.node.give(target.holder.usage)
        reach = node.reach(place, amount)[0]
        for target in targets:
            target.holder.queue.node.take(target.holder.usage)
        own = any(target.holder.queue is self._queue for target in targets)
        return (assign.PREEMPT if own else assign.RECLAIM), reach

    def targets(self, wanted: Needs, short: Iterable[Place]) -> list[Target]:
        """Return a small set of those that have to go so that ``wanted`` fits; empty if there is none."""
        places = list(short)
        hierarchy, others = self._in_cohorts(wanted, places)
        own = self._sorted([_Candidate(item, IN_QUEUE) for item in self._of_queue(self._queue, places, "withinClusterQueue")])
        parts = (hierarchy, others, own)
        ordered = [item for gone in (True, False) for part in parts for item in part if kinds.evicted(item.holder.workload) is gone]
        node = self._queue.node
        if not (hierarchy or others) or (not self._borrows and any(node.used(place) >= node.nominal(place) for place in places)):
            attempts: tuple[bool, ...] = (True,)
        elif not self._borrows and not hierarchy:
            attempts = (False, True)
        else:
            attempts = (True, False)
        for borrowing in attempts:
            found = self._attempt(ordered, wanted, places, borrowing)
            if found:
                return found
        return []

    # -- candidates --

    def _of_queue(self, queue: Queue, places: Sequence[Place], policy: str) -> Iterator[Holder]:
        rule = self._queue.policy(policy)
        if rule == "Never":
            return
        for holder in queue.holders.values():
            if any(holder.usage.get(place) for place in places) and _may(rule, self._workload, holder.workload):
                yield holder

    def _sorted(self, found: list[_Candidate]) -> list[_Candidate]:
        """Low priority first, then those that were admitted last."""

        def since(item: _Candidate) -> str:
            return str((conditions.find(item.holder.workload, "QuotaReserved") or {}).get("lastTransitionTime", ""))

        found.sort(key=lambda item: item.holder.workload["metadata"]["uid"])
        found.sort(key=since, reverse=True)
        found.sort(key=lambda item: priority(item.holder.workload))
        return found

    def _in_cohorts(self, wanted: Needs, places: Sequence[Place]) -> tuple[list[_Candidate], list[_Candidate]]:
        """Return those of other queues: such as use quota that is the preemptor's by the tree, and the rest."""
        if self._queue.policy("reclaimWithinCohort") == "Never":
            return [], []
        hierarchy: list[_Candidate] = []
        others: list[_Candidate] = []
        entitled, rest = _fits(self._queue.node, wanted)
        skip: Node | None = None
        for cohort in self._queue.node.above():
            found = hierarchy if entitled else others
            for queue in self._borrowing(cohort, places, skip):
                for holder in self._of_queue(queue, places, "reclaimWithinCohort"):
                    found.append(self._candidate(holder, cohort, entitled))
            fits, rest = _fits(cohort, rest)
            entitled = entitled or fits
            skip = cohort
        return self._sorted(hierarchy), self._sorted(others)

    def _candidate(self, holder: Holder, cohort: Node, entitled: bool) -> _Candidate:
        if entitled:
            return _Candidate(holder, RECLAIM, cohort)
        rank = priority(holder.workload)
        above = rank >= priority(self._workload) or (self._threshold is not None and rank > self._threshold)
        if not self._borrows or above:
            return _Candidate(holder, RECLAIM, cohort, fair=True)
        return _Candidate(holder, WHILE_BORROWING, cohort)

    def _borrowing(self, cohort: Node, places: Sequence[Place], skip: Node | None) -> Iterator[Queue]:
        for inner in cohort.cohorts:
            if inner is not skip and not inner.within(places):
                yield from self._borrowing(inner, places, skip)
        for node in cohort.queues:
            if node is not self._queue.node and not node.within(places):
                yield self._by_node[node]

    # -- trying --

    def _attempt(self, candidates: Sequence[_Candidate], wanted: Needs, places: Sequence[Place], borrowing: bool) -> list[Target]:
        targets: list[Target] = []
        found: list[Target] = []
        for item in candidates:
            if not self._valid(item, places, borrowing):
                continue
            item.holder.queue.node.give(item.holder.usage)
            targets.append(Target(item.holder, item.reason))
            if self._enough(wanted, borrowing):
                found = self._spared(targets, wanted, borrowing)
                break
        for target in found or targets:
            target.holder.queue.node.take(target.holder.usage)
        return found

    def _valid(self, item: _Candidate, places: Sequence[Place], borrowing: bool) -> bool:
        """Return whether a candidate still uses more than its queue's share, now that others are gone."""
        queue = item.holder.queue
        if queue is self._queue:
            return True
        if (borrowing and item.fair) or queue.node.within(places):
            return False
        for node in queue.node.above():
            if node is item.common:
                break
            if node.within(places):
                return False
        return True

    def _enough(self, wanted: Needs, borrowing: bool) -> bool:
        node = self._queue.node
        return all((borrowing or not node.borrows(place, amount)) and amount <= node.free(place) for place, amount in wanted.items())

    def _spared(self, targets: Sequence[Target], wanted: Needs, borrowing: bool) -> list[Target]:
        """Return the targets without those that may stay after all, looked at from the last but one to the first."""
        kept = list(targets)
        for index in range(len(kept) - 2, -1, -1):
            holder = kept[index].holder
            holder.queue.node.take(holder.usage)
            if self._enough(wanted, borrowing):
                kept[index] = kept[-1]
                kept.pop()
            else:
                holder.queue.node.give(holder.usage)
        return kept


def _fits(node: Node, wanted: Needs) -> tuple[bool, dict[Place, int]]:
    """Return whether so much fits into the node's quota, and what of it goes beyond what the node keeps to itself."""
    fits = not any(node.borrows(place, amount) for place, amount in wanted.items())
    return fits, {place: max(0, amount - node.spare(place)) for place, amount in wanted.items()}
