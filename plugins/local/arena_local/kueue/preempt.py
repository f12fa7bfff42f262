"""Which admitted Workloads have to give way to one that waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from arena_local.bundle import Api, Obj
from arena_local.kueue import kinds, podsets, state
from arena_local.kueue.cohort import name_of
from arena_local.operator.conditions import find_condition

_Place = tuple[str, str]


def _priority(workload: Obj) -> int:
    return int(workload["spec"].get("priority") or 0)


class Preemptor:
    """Preemption within one ClusterQueue."""

    def __init__(self, api: Api, queue: Obj, holding: Sequence[Obj], room: Mapping[_Place, Decimal]) -> None:
        self._api = api
        self._queue = queue
        self._policy = (queue["spec"].get("preemption") or {}).get("withinClusterQueue", "Never")
        self._holding = holding
        self._quota = room

    def run(self, workload: Obj, wanted: Mapping[_Place, Decimal]) -> int:
        """Begin to evict what is needed; returns how many Workloads are on their way out."""
        if self._policy == "Never":
            return 0
        targets = self._minimal(self._candidates(workload), wanted)
        for target in targets:
            if not kinds.evicted(target):
                self._preempt(workload, target)
        return len(targets)

    def _candidates(self, workload: Obj) -> list[Obj]:
        """Return those of lower priority (or equal and newer): already evicted first, then low priority, then newly admitted."""
        own, created = _priority(workload), workload["metadata"]["creationTimestamp"]
        newer = self._policy == "LowerOrNewerEqualPriority"
        found = [
            item
            for item in self._holding
            if _priority(item) < own or (newer and _priority(item) == own and item["metadata"]["creationTimestamp"] > created)
        ]
        found.sort(key=lambda item: str((find_condition(item, "QuotaReserved") or {}).get("lastTransitionTime", "")), reverse=True)
        found.sort(key=lambda item: (not kinds.evicted(item), _priority(item)))
        return found

    def _minimal(self, candidates: Sequence[Obj], wanted: Mapping[_Place, Decimal]) -> list[Obj]:
        held: dict[_Place, Decimal] = {}
        for item in self._holding:
            _add(held, podsets.usage(item), 1)
        targets: list[Obj] = []
        for item in candidates:
            if self._fits(held, wanted):
                break
            use = podsets.usage(item)
            if any(use.get(place) for place in wanted if held.get(place, Decimal(0)) + wanted[place] > self._quota.get(place, Decimal(0))):
                _add(held, use, -1)
                targets.append(item)
        if not self._fits(held, wanted):
            return []
        for item in list(reversed(targets[:-1])):
            _add(held, podsets.usage(item), 1)
            if self._fits(held, wanted) and not kinds.evicted(item):
                targets.remove(item)
            else:
                _add(held, podsets.usage(item), -1)
        return targets

    def _fits(self, held: Mapping[_Place, Decimal], wanted: Mapping[_Place, Decimal]) -> bool:
        return all(held.get(place, Decimal(0)) + amount <= self._quota.get(place, Decimal(0)) for place, amount in wanted.items())

    def _preempt(self, workload: Obj, target: Obj) -> None:
        queue = self._queue["metadata"]["name"]
        meta = workload["metadata"]
        job_uid = (meta.get("labels") or {}).get(kinds.JOB_UID_LABEL, "")
        way = "/".join(("", *filter(None, (name_of(self._queue), queue))))
        path = f"preemptor path: {way}; preemptee path: {way}"
        text = (
            f"Preempted to accommodate a workload (UID: {meta['uid']}, JobUID: {job_uid}) due to prioritization in the ClusterQueue; {path}"
        )
        ranks = "; ".join(
            f"{who} effective priority: {value} (base: {value}, boost: 0)"
            for who, value in (("preemptor", _priority(workload)), ("preemptee", _priority(target)))
        )
        edited = state.editable(target)
        state.put(self._api, edited, "Preempted", "True", "InClusterQueue", text)
        stored = state.evict(self._api, edited, "Preempted", text, component=kinds.ADMISSION)
        self._api.event(stored, "Normal", "Preempted", f"{text}; {ranks}", component=kinds.ADMISSION, action="Preempted")
        told = f"Preempted workload {target['metadata']['namespace']}/{target['metadata']['name']} (UID: {target['metadata']['uid']})"
        reason = "PreemptedWorkload"
        self._api.event(workload, "Normal", reason, f"{told} in ClusterQueue {queue}; {ranks}", component=kinds.ADMISSION, action=reason)


def _add(total: dict[_Place, Decimal], more: Mapping[_Place, Decimal], sign: int) -> None:
    for place, amount in more.items():
        total[place] = total.get(place, Decimal(0)) + sign * amount
