"""What holds room or waits for it, as seen from outside: a Workload, a gang, or the pods of one owner; and when it ends. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from arena_core.contract.foresight import Outlook
from arena_core.k8s import conditions, owners, time
from arena_local.kueue import kinds
from arena_local.scheduler.fit import finished
from arena_local.sdk.bundle import Key, Obj

GANGS = "podgroups.scheduling.volcano.sh"
#: Whose pods are no job: they are there as long as the cluster is, or until somebody takes them away.
_STAYING = frozenset({"DaemonSet", "ReplicaSet", "StatefulSet", "Node", "Deployment"})


def key_of(obj: Obj) -> Key:
    """Return namespace and name."""
    meta = obj["metadata"]
    return str(meta.get("namespace", "")), str(meta["name"])


@dataclass
class Unit:
    """One job of somebody: what it consists of (keys of objects), when its last pod was there (``begun``), and how
    many seconds it lasts where that is known. ``since`` is when it was admitted.
    """

    key: str
    name: str
    lasts: float | None = None
    begun: datetime | None = None
    since: datetime | None = None
    workload: Key | None = None
    gang: Key | None = None
    pods: set[Key] = field(default_factory=set)
    over: bool = False
    stays: bool = False

    @property
    def end(self) -> datetime | None:
        """When it ends, as far as anybody knows."""
        if self.begun is None or self.lasts is None:
            return None
        return self.begun + timedelta(seconds=self.lasts)


class Units:
    """All units of an outlook, by key: the uid of the outermost job."""

    def __init__(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self.by_key: dict[str, Unit] = {}
        self._by_workload: dict[Key, Unit] = {}
        self._unplaced: set[str] = set()
        for workload in outlook.objects.get(kinds.WORKLOADS, ()):
            self._of_workload(workload)
        for gang in outlook.objects.get(GANGS, ()):
            unit = self._unit(gang)
            unit.gang = key_of(gang)
        for pod in outlook.objects.get("pods", ()):
            self._of_pod(pod)
        for unit in self.by_key.values():
            unit.over = unit.over or (unit.workload is None and not unit.pods and unit.gang is None)
            if unit.pods and unit.key not in self._unplaced:
                unit.begun = unit.since

    def find(self, uid: str) -> Unit | None:
        """Return the unit of a job, by its uid or that of one inside it."""
        return self.by_key.get(self._root(uid)) if uid else None

    def _root(self, uid: str) -> str:
        seen = {uid}
        while (above := self._outlook.within.get(uid)) and above not in seen:
            seen.add(above)
            uid = above
        return uid

    def _unit(self, obj: Obj) -> Unit:
        owner = owners.controller_of(obj) or next(owners.references(obj), None)
        meta = obj["metadata"]
        key = self._root(str(owner["uid"]) if owner and owner.get("uid") else str(meta["uid"]))
        if key not in self.by_key:
            name = f"{meta.get('namespace', '')}/{owner['name'] if owner else meta['name']}"
            stays = bool(owner) and str((owner or {}).get("kind")) in _STAYING
            self.by_key[key] = Unit(key, name, self._outlook.lasts.get(key), stays=stays)
        return self.by_key[key]

    def _of_workload(self, workload: Obj) -> None:
        unit = self._unit(workload)
        unit.workload = key_of(workload)
        self._by_workload[unit.workload] = unit
        unit.over = kinds.finished(workload) or not kinds.is_active(workload)
        limit = workload["spec"].get("maximumExecutionTimeSeconds")
        if unit.lasts is None and limit:
            spent = (workload.get("status") or {}).get("accumulatedPastExecutionTimeSeconds", 0)
            unit.lasts = max(0.0, float(limit) - float(spent))
        if kinds.reserved(workload) and not unit.over:
            since = conditions.find(workload, "Admitted") or conditions.find(workload, "QuotaReserved") or {}
            unit.since = time.parse(since.get("lastTransitionTime")) or time.parse(workload["metadata"].get("creationTimestamp"))

    def _of_pod(self, pod: Obj) -> None:
        if finished(pod):
            return
        named = (pod["metadata"].get("annotations") or {}).get(kinds.WORKLOAD_ANNOTATION, "")
        unit = self._by_workload.get((key_of(pod)[0], str(named))) or self._unit(pod)
        unit.pods.add(key_of(pod))
        limit = pod["spec"].get("activeDeadlineSeconds")
        if unit.lasts is None and limit:
            unit.lasts = float(limit)
        if not pod["spec"].get("nodeName"):
            self._unplaced.add(unit.key)
        started = time.parse((pod.get("status") or {}).get("startTime")) or time.parse(pod["metadata"].get("creationTimestamp"))
        if started is not None:  # the work of a job begins when its last pod is there
            unit.since = max(unit.since, started) if unit.since else started
