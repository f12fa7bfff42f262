"""The Deployment controller: one ReplicaSet per template, rolled from old to new within the bounds of the strategy."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence

from arena_core.k8s import conditions
from arena_local.controllers.deployment import sets as rs
from arena_local.controllers.deployment import status as st
from arena_local.sdk.bundle import Api, ApiError, Key, Obj
from arena_local.sdk.owners import claim

MANAGER = "deployment-controller"
_SETS = "replicasets.apps"


class DeploymentController:
    """Reconciles Deployments."""

    name = "deployment"
    resource = "deployments.apps"
    owns: tuple[str, ...] = (_SETS,)
    watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {}

    def __init__(self, api: Api) -> None:
        self._api = api

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring the ReplicaSets and the status in line with the Deployment."""
        found = self._api.find(self.resource, namespace, name)
        if found is None:
            return None
        owner: Obj = copy.deepcopy(dict(found))
        sets = list(claim(self._api, _SETS, owner, owner["spec"].get("selector"), manager=MANAGER))
        if owner["metadata"].get("deletionTimestamp"):
            return self._write(owner, sets, rs.new_set(owner, sets))
        if st.write_paused(owner, self._api.now()):
            owner = copy.deepcopy(dict(self._api.update_status(owner, manager=MANAGER)))
        if owner["spec"].get("paused"):
            return self._paused(owner, sets)
        recreate = (owner["spec"].get("strategy") or {}).get("type") == "Recreate"
        new = rs.new_set(owner, sets)
        if recreate and any(self._busy(item) for item in sets if new is None or item is not new):
            for item in sets:
                if new is None or item["metadata"]["uid"] != new["metadata"]["uid"]:
                    self._scale(owner, item, 0)
            return self._write(owner, self._sets(owner), new)
        new = self._new(owner, sets, new)
        owner = self._fresh(owner)
        self._roll(owner, new)
        sets = list(self._sets(owner))
        new = rs.new_set(owner, sets)
        after = self._write(owner, sets, new)
        self._forget_old(owner, sets, new)
        return after

    def _sets(self, owner: Obj) -> Sequence[Obj]:
        return list(self._api.owned(owner["metadata"]["uid"], _SETS))

    def _fresh(self, owner: Obj) -> Obj:
        fresh: Obj = copy.deepcopy(dict(self._api.get(self.resource, owner["metadata"]["namespace"], owner["metadata"]["name"])))
        return fresh

    def _busy(self, item: Obj) -> bool:
        return bool(rs.size(item) or rs.count(item, "replicas") or rs.count(item, "terminatingReplicas"))

    def _new(self, owner: Obj, sets: Sequence[Obj], new: Obj | None) -> Obj:
        number = max((rs.revision(item) for item in sets if new is None or item is not new), default=0) + 1
        if new is None:
            surge = rs.bounds(owner)[0]
            room = max(0, int(owner["spec"].get("replicas", 1)) + surge - sum(rs.size(item) for item in sets))
            replicas = min(int(owner["spec"].get("replicas", 1)), room)
            new = self._api.create(rs.make_set(owner, replicas, number), manager=MANAGER)
            text = f'Created new replica set "{new["metadata"]["name"]}"'
            st.set_progress(owner.setdefault("status", {}), "Progressing", "True", "NewReplicaSetCreated", text, self._api.now())
            if replicas:
                self._say_scaled(owner, new, "up", 0, replicas)
        else:
            if rs.revision(new) < number:
                new = self._annotate(owner, new, number)
            if conditions.find(owner, "Progressing") is None:
                text = f'Found new replica set "{new["metadata"]["name"]}"'
                st.set_progress(owner.setdefault("status", {}), "Progressing", "True", "FoundNewReplicaSet", text, self._api.now())
        meta = owner["metadata"]
        if rs.revision(owner) != rs.revision(new):
            patch = {"metadata": {"annotations": {rs.REVISION: str(rs.revision(new))}}}
            stored = self._api.patch(self.resource, meta["namespace"], meta["name"], patch, manager=MANAGER)
            owner["metadata"] = copy.deepcopy(dict(stored["metadata"]))
        if owner.get("status"):
            self._api.update_status(owner, manager=MANAGER)
        return new

    def _annotate(self, owner: Obj, item: Obj, number: int) -> Obj:
        wanted = rs.set_annotations(owner, number)
        if wanted.items() <= (item["metadata"].get("annotations") or {}).items():
            return item
        meta = item["metadata"]
        return self._api.patch(_SETS, meta["namespace"], meta["name"], {"metadata": {"annotations": wanted}}, manager=MANAGER)

    def _scale(self, owner: Obj, item: Obj, replicas: int) -> Obj:
        before = rs.size(item)
        wanted = rs.set_annotations(owner, rs.revision(item))
        noted = wanted.items() <= (item["metadata"].get("annotations") or {}).items()
        if before == replicas and noted:
            return item
        meta = item["metadata"]
        patch = {"metadata": {"annotations": wanted}, "spec": {"replicas": replicas}}
        stored = self._api.patch(_SETS, meta["namespace"], meta["name"], patch, manager=MANAGER)
        if before != replicas:
            self._say_scaled(owner, stored, "up" if replicas > before else "down", before, replicas)
        return stored

    def _say_scaled(self, owner: Obj, item: Obj, way: str, before: int, after: int) -> None:
        text = f"Scaled {way} replica set {item['metadata']['name']} from {before} to {after}"
        self._api.event(owner, "Normal", "ScalingReplicaSet", text, component=MANAGER)

    def _roll(self, owner: Obj, new: Obj) -> None:
        replicas = int(owner["spec"].get("replicas", 1))
        surge, unavailable = rs.bounds(owner)
        sets = self._sets(owner)
        old = [item for item in sets if item["metadata"]["uid"] != new["metadata"]["uid"]]
        total = sum(rs.size(item) for item in sets)
        size = rs.size(new)
        if size < replicas:
            size += max(0, min(replicas + surge - total, replicas - size))
        elif size > replicas:
            size = replicas
        new = self._scale(owner, new, size)
        total = sum(rs.size(item) for item in old) + size
        spare = total - (replicas - unavailable) - (size - rs.count(new, "availableReplicas"))
        old.sort(key=lambda item: item["metadata"]["creationTimestamp"])
        for item in old:
            if spare > 0 and rs.size(item):
                sick = min(spare, max(0, rs.size(item) - rs.count(item, "availableReplicas")))
                if sick:
                    self._scale(owner, item, rs.size(item) - sick)
                    spare -= sick
        sets = self._sets(owner)
        over = sum(rs.count(item, "availableReplicas") for item in sets) - (replicas - unavailable)
        for item in sorted(sets, key=lambda item: str(item["metadata"]["creationTimestamp"])):
            if item["metadata"]["uid"] != new["metadata"]["uid"] and over > 0 and rs.size(item):
                step = min(over, rs.size(item))
                self._scale(owner, item, rs.size(item) - step)
                over -= step

    def _paused(self, owner: Obj, sets: Sequence[Obj]) -> float | None:
        running = [item for item in sets if rs.size(item)]
        target = running[-1] if running else rs.new_set(owner, sets)
        if target is not None and len(running) <= 1:
            self._scale(owner, target, int(owner["spec"].get("replicas", 1)))
        return self._write(owner, self._sets(owner), rs.new_set(owner, sets))

    def _write(self, owner: Obj, sets: Sequence[Obj], new: Obj | None) -> float | None:
        now = self._api.now()
        conditions = copy.deepcopy((owner.get("status") or {}).get("conditions") or [])
        status = {**st.counters(owner, sets, new), "conditions": conditions}
        st.write_available(owner, status, now)
        after = st.write_progressing(owner, status, new, now)
        if "collisionCount" in (owner.get("status") or {}):
            status["collisionCount"] = owner["status"]["collisionCount"]
        try:
            self._api.update_status({**owner, "status": status}, manager=MANAGER)
        except ApiError as error:
            if error.code != 404:
                raise
        return after

    def _forget_old(self, owner: Obj, sets: Sequence[Obj], new: Obj | None) -> None:
        if new is None or not st.complete(owner, st.counters(owner, sets, new)):
            return
        limit = owner["spec"].get("revisionHistoryLimit", 10)
        old = [item for item in sets if item["metadata"]["uid"] != new["metadata"]["uid"] and not self._busy(item)]
        old.sort(key=rs.revision)
        for item in old[: max(0, len(old) - limit)]:
            meta = item["metadata"]
            self._api.delete(_SETS, meta["namespace"], meta["name"], uid=meta["uid"], manager=MANAGER)
