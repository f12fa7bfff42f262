"""The copy of a cluster with its controllers and schedulers, and in the place of nodes and other operators what they would do at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from arena_core.contract.foresight import Outlook
from arena_core.k8s import time
from arena_local.foresee import ghosts, parts
from arena_local.foresee.copy import Copy
from arena_local.foresee.units import Unit, Units, key_of
from arena_local.foresee.unseen import NODE
from arena_local.kueue import kinds, state
from arena_local.scheduler import fit
from arena_local.sdk.bundle import ApiError, Bundle, Key, Obj

#: Rounds in which controllers and nodes answer each other; what has not come to rest by then never does.
_ROUNDS = 30
#: Seconds that a round lasts: as long as waits of operators that follow each other, and with gangs two of Volcano's sessions.
_ROUND, _SESSIONS = 1.3, 2.2
#: So many rounds in which nothing happens are rest: a controller that was slow is left alone for up to a second.
_QUIET = 2
PODS = "pods"


class World:
    """A copy that comes to rest after each change: pods that were placed run at once, and what is told to go goes at once."""

    def __init__(self, outlook: Outlook, bundles: Sequence[Bundle]) -> None:
        self.units = Units(outlook)
        self.api = Copy({key: [_alone(item) for item in items] for key, items in outlook.objects.items()})
        self._manager = parts.manager_of(self.api, bundles)
        self._scheduler = parts.scheduler_of(self.api, bundles)
        self.clock = self.api.clock
        # What is submitted here must be the youngest, whatever the clocks of the machines say.
        self.clock.leap((_time(outlook) - self.clock()).total_seconds())
        self._round = _SESSIONS if any(bundle.schedulers for bundle in bundles) else _ROUND
        #: Whose a pod is; what is missing here is the submitted job's.
        self._unit_of = {pod: unit for unit in self.units.by_key.values() for pod in unit.pods}
        self.own: set[Key] = set()
        #: The job that is asked about, where it is there already.
        self.target = self.units.find(outlook.job)
        self._changed: set[Key] = set(self._unit_of)
        #: In which order others have started, since the copy was taken.
        self.started: list[Unit] = []
        self.victims: list[Unit] = []
        self._taken = False
        #: Nobody knows the nodes: every pod finds a place.
        self._blind = self.api.find("nodes", "", NODE) is not None

    async def start(self) -> None:
        """Let everything come to rest as it was read."""
        self.api.subscribe(self._heard)
        await self._manager.start()
        await self._scheduler.start()
        await self.rest()
        self._taken = True

    async def stop(self) -> None:
        """End the controllers."""
        await self._manager.stop()
        await self._scheduler.stop()

    def _heard(self, event: str, resource: str, obj: Obj, old: Obj | None) -> None:
        if resource == PODS:
            self._changed.add(key_of(obj))
            if event == "ADDED" and key_of(obj) not in self._unit_of:
                self.own.add(key_of(obj))

    async def rest(self) -> None:
        """Let controllers, schedulers and nodes do their work until nothing moves."""
        quiet = 0
        for _ in range(_ROUNDS):
            await self.clock.advance(self._round)
            quiet = 0 if self._act() else quiet + 1
            if quiet == _QUIET:
                return

    async def leap(self, moment: datetime) -> None:
        """Go to a later moment at once, end what ends by then, and let everything come to rest."""
        self.clock.leap(max(0.0, (moment - self.api.now()).total_seconds()))
        for unit in self.running():
            if unit.end is not None and unit.end <= moment:
                self._end(unit)
        await self.rest()

    def running(self) -> list[Unit]:
        """Return the jobs of others that hold room."""
        return [unit for unit in self.units.by_key.values() if unit.begun is not None and not unit.over and not unit.stays]

    def waiting(self) -> list[Unit]:
        """Return the jobs of others that wait."""
        return [unit for unit in self.units.by_key.values() if unit.begun is None and not unit.over and unit is not self.target]

    # -- what nodes and other operators do --

    def _act(self) -> bool:
        """Do what is to be done by those that are not here; returns whether there was anything."""
        changed, self._changed = self._changed, set()
        acted = [self._pod(key) for key in changed]
        acted += [self._unit(unit) for unit in list(self.units.by_key.values()) if not unit.over and not unit.stays]
        return any(acted)

    def _pod(self, key: Key) -> bool:
        pod = self.api.find(PODS, *key)
        if pod is None:
            self.own.discard(key)
            return False
        if pod["metadata"].get("deletionTimestamp"):
            self.api.finalize_pod(*key, pod["metadata"]["uid"])
            self._lost(key)
            return True
        if self._blind and not pod["spec"].get("nodeName") and not pod["spec"].get("schedulingGates"):
            self.api.put(PODS, {**pod, "spec": {**pod["spec"], "nodeName": NODE}})
            return True
        if not pod["spec"].get("nodeName") or (pod.get("status") or {}).get("phase") != "Pending":
            return False
        self.api.put(PODS, {**pod, "status": _running(pod, time.text(self.api.now()))})
        return True

    def _lost(self, key: Key) -> None:
        """A pod of somebody else was told to go: its job has lost its place."""
        unit = self._unit_of.pop(key, None)
        if unit is None:
            return
        unit.pods.discard(key)
        if unit.workload is None and not unit.over:
            unit.over = True
            self.victims.append(unit)

    def _unit(self, unit: Unit) -> bool:
        workload = self.api.find(kinds.WORKLOADS, *unit.workload) if unit.workload else None
        if workload is not None:
            if kinds.evicted(workload) and kinds.reserved(workload):
                self._evicted(unit, workload)
                return True
            if kinds.admitted(workload) and not unit.pods:
                return self._give(unit, ghosts.pods_of_workload(self.api, workload))
        elif unit.gang is not None and not unit.pods:
            gang = self.api.find("podgroups.scheduling.volcano.sh", *unit.gang)
            if gang is not None and (gang.get("status") or {}).get("phase") == "Inqueue":
                return self._give(unit, ghosts.pods_of_gang(self.api, gang))
        if unit.begun is None and self.placed(unit):
            unit.begun = self.api.now() if self._taken else unit.since or self.api.now()
            if unit is not self.target:
                self.started.append(unit)
        return False

    def placed(self, unit: Unit) -> bool:
        """Whether all pods of a job have their nodes."""
        found = [self.api.find(PODS, *key) for key in unit.pods]
        return bool(found) and all(pod is not None and pod["spec"].get("nodeName") for pod in found)

    def _give(self, unit: Unit, pods: Iterable[Obj]) -> bool:
        for pod in pods:
            key = key_of(pod)
            unit.pods.add(key)
            self._unit_of[key] = unit
            self.api.put(PODS, pod)
        return bool(unit.pods)

    def _evicted(self, unit: Unit, workload: Obj) -> None:
        if unit.begun is not None:
            self.victims.append(unit)
        self._remove_pods(unit)
        unit.begun = None
        state.unreserve(self.api, state.editable(workload))

    def _end(self, unit: Unit) -> None:
        unit.over = True
        self._remove_pods(unit)
        if unit.workload and (workload := self.api.find(kinds.WORKLOADS, *unit.workload)):
            state.finish(self.api, state.editable(workload), "Succeeded", "")
        if unit.gang and (gang := self.api.find("podgroups.scheduling.volcano.sh", *unit.gang)):
            self.api.drop("podgroups.scheduling.volcano.sh", gang)

    def _remove_pods(self, unit: Unit) -> None:
        for key in unit.pods:
            self._unit_of.pop(key, None)
            if (pod := self.api.find(PODS, *key)) is not None:
                self.api.drop(PODS, pod)
        unit.pods = set()

    # -- the job that is asked about --

    async def submit(self, manifests: Sequence[Obj]) -> str:
        """Create the objects, if any; returns why the cluster would refuse them, or nothing."""
        if not manifests:
            return ""
        self.own = set()
        try:
            for obj in [*manifests[1:], manifests[0]]:
                if self.api.served(self.api.of_object(obj).storage_id):
                    self.api.create(obj, manager="arena")
        except ApiError as error:
            return str(error)
        await self.rest()
        return ""

    async def withdraw(self, manifests: Sequence[Obj]) -> None:
        """Delete the objects again."""
        for obj in manifests:
            resource = self.api.of_object(obj).storage_id
            if self.api.find(resource, *key_of(obj)) is not None:
                self.api.delete(resource, *key_of(obj), manager="arena")
        await self.rest()
        await asyncio.sleep(0)

    def runs(self) -> bool:
        """Whether the job that is asked about runs: it has pods, and each has its node."""
        if self.target is not None:
            return self.target.begun is not None
        pods = [self.api.find(PODS, *key) for key in self.own]
        alive = [pod for pod in pods if pod is not None and not fit.finished(pod)]
        return bool(alive) and all(pod["spec"].get("nodeName") for pod in alive)


def _time(outlook: Outlook) -> datetime:
    """Return what time it is in the cluster, at least the moment after something was made there."""
    made = (item["metadata"].get("creationTimestamp") for key in (kinds.WORKLOADS, PODS) for item in outlook.objects.get(key, ()))
    newest = max(filter(None, made), default="")
    times = (time.parse(newest), time.parse(outlook.now))
    return max((found + timedelta(seconds=1) for found in times if found), default=datetime.min.replace(tzinfo=UTC))


def _alone(obj: Obj) -> Obj:
    """Return an object without those that it belongs to, which are not here: it would be taken for an orphan."""
    meta = {key: value for key, value in obj["metadata"].items() if key not in ("ownerReferences", "finalizers")}
    return {**obj, "metadata": meta}


def _running(pod: Obj, now: str) -> Obj:
    ready = [
        {"type": kind, "status": "True", "lastTransitionTime": now} for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    ]
    containers = [
        {"name": c["name"], "image": c.get("image", ""), "imageID": "", "ready": True, "started": True, "restartCount": 0,
         "state": {"running": {"startedAt": now}}}
        for c in pod["spec"].get("containers") or ()
    ]  # fmt: skip
    status = {**(pod.get("status") or {}), "phase": "Running", "startTime": now, "conditions": ready, "containerStatuses": containers}
    return {**status, "podIP": "127.0.0.1", "podIPs": [{"ip": "127.0.0.1"}]}
