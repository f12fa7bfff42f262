"""Admit Workloads: in each cycle the first of every queue, by what they borrow, priority, age; within quota, or in others' place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from arena_core.k8s import conditions
from arena_local.kueue import assign, kinds, limitranges, notices, queues, snapshot
from arena_local.kueue.parking import Parking
from arena_local.kueue.preempt import Preemptor, Target, priority
from arena_local.kueue.quota import Place, Usage
from arena_local.kueue.snapshot import Queue, Snapshot
from arena_local.sdk.bundle import Api, Key, Obj

#: One pass looks at all queues, whatever has changed.
_ALL: Key = ("", "")
_Rank = Callable[[Obj], tuple[int, str, int]]


class SchedulerController:
    """Kueue's scheduler: one pass over all queues whenever something has changed."""

    name = "kueue-scheduler"
    resource = kinds.CLUSTER_QUEUES
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        self._parking = Parking()
        #: Changes of many Workloads are looked at in one pass.
        self.batch = api.setting("kueue.scheduling", 0.05)
        seen = (kinds.WORKLOADS, kinds.FLAVORS, kinds.LOCAL_QUEUES, kinds.CLUSTER_QUEUES, kinds.COHORTS, "namespaces", "limitranges")
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = dict.fromkeys(seen, lambda _: (_ALL,))
        self.watches = {**self.watches, kinds.WORKLOADS: self._of_workload}
        #: Times count in whole seconds; of Workloads made within one, the first that was seen goes first.
        self._arrived: dict[str, int] = {}
        self._next = 0

    def _of_workload(self, workload: Obj) -> Iterable[Key]:
        if kinds.finished(workload):
            self._arrived.pop(workload["metadata"]["uid"], None)
        else:
            self._arrived.setdefault(workload["metadata"]["uid"], self._next)
            self._next += 1
        return (_ALL,)

    def _rank(self, workload: Obj) -> tuple[int, str, int]:
        """Return the place in the queue: priority, then age."""
        meta = workload["metadata"]
        return (-priority(workload), str(meta.get("creationTimestamp", "")), self._arrived.get(meta["uid"], 0))

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Admit what fits, explain the rest."""
        if (namespace, name) == _ALL and self._api.served(kinds.WORKLOADS):
            _Pass(self._api, self._parking, self._rank).run()
        return None


@dataclass
class _Entry:
    """The first Workload of a queue, with what could be found for it; ``blocked`` says why nothing was looked for."""

    queue: Queue
    workload: Obj
    result: assign.Assignment = field(default_factory=lambda: assign.Assignment(assign.NO_FIT))
    targets: Sequence[Target] = ()
    blocked: str = ""
    part: assign.Assignment | None = None


class _Pass:
    """One look at all queues, until the first of each can neither be admitted nor passed by."""

    def __init__(self, api: Api, parking: Parking, rank: _Rank) -> None:
        self._api = api
        self._now: Snapshot = snapshot.take(api)
        self._flavors = {item["metadata"]["name"]: item for item in api.list(kinds.FLAVORS)}
        self._parking = parking
        self._rank = rank
        self._lines = _lines(api, self._now, rank)
        #: What was found for one that has to wait holds for all that ask for the same, until quota is given to somebody.
        self._refused: dict[tuple[str, str, int], assign.Assignment] = {}
        self._taken = 0

    def run(self) -> None:
        """Go through the queues."""
        waiting = {item["metadata"]["uid"] for line in self._lines.values() for item in line}
        self._parking.begin(self._now, self._flavors, self._api.list(kinds.COHORTS), waiting)
        while heads := [head for name in self._lines if (head := self._head(name)) is not None]:
            entries = [self._nominate(self._now.queues[name], workload) for name, workload in heads]
            entries.sort(key=lambda item: (item.result.reach, self._rank(item.workload)))
            if not self._cycle(entries):
                return

    def _head(self, name: str) -> tuple[str, Obj] | None:
        line, queue = self._lines[name], self._now.queues[name]
        while line and not _strict(queue) and self._parking.rests(queue, line[0]):
            line.pop(0)
        return (name, line[0]) if line else None

    def _nominate(self, queue: Queue, workload: Obj) -> _Entry:
        limits = limitranges.summary(self._api, workload["metadata"]["namespace"])
        workload = limitranges.adjusted(workload, limits)
        blocked = queues.unfit(self._api, queue.obj, workload) or limitranges.problem(workload, limits)
        entry = _Entry(queue, workload, blocked=blocked)
        if blocked:
            return entry
        alike = (queue.name, _shape(queue, workload), self._taken)
        if (refused := self._refused.get(alike)) is not None:
            entry.result = refused
            return entry
        preemptor = Preemptor(self._now, queue, workload)
        assigner = assign.Assigner(queue.obj, self._flavors, queue.node, preemptor.oracle)
        entry.result = assigner.assign(workload)
        if entry.result.mode not in (assign.FIT, assign.NO_FIT):
            entry.targets = preemptor.targets(entry.result.usage, entry.result.short)
        if entry.result.mode != assign.FIT and not entry.targets:
            entry.part = assigner.reduced(workload)
            if entry.part is None:
                self._refused[alike] = entry.result
        return entry

    def _cycle(self, entries: Sequence[_Entry]) -> bool:
        """Deal with the first of each queue; returns whether another cycle is worth it."""
        reserved: list[tuple[Queue, Usage]] = []
        going: set[str] = set()
        moved = False
        late: list[_Entry] = []
        for entry in entries:
            line = self._lines[entry.queue.name]
            fitting = entry.part or (entry.result if entry.result.mode == assign.FIT else None)
            if fitting is not None:
                if self._still_fits(entry.queue, fitting.usage):
                    entry.queue.hold(notices.admit(self._api, entry.queue.name, entry.workload, fitting))
                    line.pop(0)
                    moved = True
                    self._taken += 1
                else:
                    late.append(entry)
            elif entry.targets:
                if going.isdisjoint(uids := {item.holder.workload["metadata"]["uid"] for item in entry.targets}):
                    going |= uids
                    self._preempt(entry)
                    line.clear()  # The first waits for its place, and nobody passes it.
                else:
                    late.append(entry)
            else:
                reserved += self._refuse(entry)
                moved = True
        for queue, usage in reserved:
            queue.node.give(usage)
        if not moved:
            for entry in late:
                text = "Workload has overlapping preemption targets with another workload"
                notices.wait(
                    self._api, entry.workload, text if entry.targets else "Workload no longer fits after processing another workload"
                )
        return moved

    def _still_fits(self, queue: Queue, usage: Usage) -> bool:
        return all(amount <= queue.node.free(place) for place, amount in usage.items())

    def _preempt(self, entry: _Entry) -> None:
        notices.preempt(self._api, entry.queue, entry.workload, entry.targets)
        entry.queue.node.take(entry.result.usage)
        self._taken += 1
        text = f"{entry.result.message}. Pending the preemption of {len(entry.targets)} workload(s)"
        notices.wait(self._api, entry.workload, text)

    def _refuse(self, entry: _Entry) -> list[tuple[Queue, Usage]]:
        """Say why the Workload waits; what its queue may claim of the quota is kept from later ones in this cycle."""
        notices.wait(self._api, entry.workload, entry.blocked or entry.result.message)
        line, queue = self._lines[entry.queue.name], entry.queue
        if _strict(queue) and not entry.blocked:
            line.clear()
        else:
            line.pop(0)
            if not entry.blocked:
                self._parking.park(queue, entry.workload)
        if entry.result.mode in (assign.NO_FIT, assign.FIT) or queue.policy("reclaimWithinCohort") == "Any":
            return []
        usage = {place: self._claim(queue, place, amount, entry.result.reach) for place, amount in entry.result.usage.items()}
        queue.node.take(usage)
        return [(queue, usage)]

    def _claim(self, queue: Queue, place: Place, amount: int, reach: int) -> int:
        limit, node = queue.node.borrowing_limit(place), queue.node
        if reach and limit is None:
            return amount
        return max(0, min(amount, node.nominal(place) + ((limit or 0) if reach else 0) - node.used(place)))


def _shape(queue: Queue, workload: Obj) -> str:
    """Return what an assignment depends on: the pod sets, those that are not needed any more, and who would give way."""
    ages = "LowerOrNewerEqualPriority" in (queue.policy("withinClusterQueue"), queue.policy("reclaimWithinCohort"))
    age = workload["metadata"].get("creationTimestamp") if ages else ""
    freed = (workload.get("status") or {}).get("reclaimablePods")
    return repr((workload["spec"]["podSets"], workload["spec"].get("priority"), freed, age))


def _strict(queue: Queue) -> bool:
    return bool(queue.obj["spec"].get("queueingStrategy") == "StrictFIFO")


def _lines(api: Api, now: Snapshot, rank: _Rank) -> dict[str, list[Obj]]:
    """Return the Workloads that wait, by ClusterQueue, in order."""
    active = {name for name, queue in now.queues.items() if not queues.problem(api, queue.obj)}
    locals_ = {(item["metadata"]["namespace"], item["metadata"]["name"]): item for item in api.list(kinds.LOCAL_QUEUES)}
    found: dict[str, list[Obj]] = {}
    for workload in api.list(kinds.WORKLOADS):
        local = locals_.get((workload["metadata"]["namespace"], workload["spec"].get("queueName") or ""))
        name = local["spec"].get("clusterQueue", "") if local and not kinds.stopped(local) else ""
        if name in active and _eligible(workload):
            found.setdefault(name, []).append(workload)
    for line in found.values():
        line.sort(key=rank)
    return dict(sorted(found.items()))


def _eligible(workload: Obj) -> bool:
    if not queues.waiting(workload) or workload["metadata"].get("deletionTimestamp"):
        return False
    if (conditions.find(workload, "Requeued") or {}).get("status") == "False":
        return False
    reason = str((conditions.find(workload, "QuotaReserved") or {}).get("message", ""))
    return not (reason.startswith("LocalQueue ") and reason.endswith(" doesn't exist"))
