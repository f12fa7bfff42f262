"""The reconcile of one LeaderWorkerSet: its Service, what is to go, what is to come, its status."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from arena_core.k8s.owners import controlled_by
from arena_local.sdk import pods as podlib
from arena_local.sdk.bundle import Api, ApiError, Key, Obj
from arena_serve.distributed.names import SET
from arena_serve.local.lws import pods
from arena_serve.local.lws.admission import RESOURCE
from arena_serve.local.lws.groups import Group, groups_of
from arena_serve.local.lws.status import status_of

MANAGER = "lws"


def of_set(pod: Obj) -> Iterable[Key]:
    """Lead from a pod to its set: workers belong to their leader, not to the set."""
    meta = pod["metadata"]
    if name := (meta.get("labels") or {}).get(SET):
        yield meta.get("namespace", ""), name


class LeaderWorkerSetController:
    """Reconciles LeaderWorkerSets."""

    name = "leaderworkerset"
    resource = RESOURCE
    owns: tuple[str, ...] = ("services",)

    def __init__(self, api: Api) -> None:
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {"pods": of_set}
        self._api = api

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring pods and status in line with the set."""
        lws = self._api.find(RESOURCE, namespace, name)
        if lws is None or lws["metadata"].get("deletionTimestamp"):
            return None
        if self._api.find("services", namespace, name) is None:
            self._api.create(pods.service(lws), manager=MANAGER)
        groups = self._groups(lws)
        self._end(lws, groups)
        self._make(lws, groups)
        groups = self._groups(lws)
        status = status_of(lws, groups.values(), pods.revision(lws), self._api.now())
        if status != (lws.get("status") or {}):
            self._api.update_status({**lws, "status": status}, manager=MANAGER)
        return None

    def _groups(self, lws: Obj) -> dict[int, Group]:
        meta = lws["metadata"]
        found = groups_of(self._api.list("pods", meta["namespace"], {SET: meta["name"]}))
        for group in found.values():
            # What an earlier set of this name has left is ending: its names are free after that.
            if group.leader is not None and not controlled_by(group.leader, meta["uid"]):
                del group.pods[0]
        return found

    def _end(self, lws: Obj, groups: Mapping[int, Group]) -> None:
        """End groups that are too many, broken, or old as far as an update may leave some out."""
        spec, wanted = lws["spec"], int(lws["spec"].get("replicas", 1))
        policy = str(spec["leaderWorkerTemplate"].get("restartPolicy", ""))
        for group in groups.values():
            if group.number >= wanted:
                self._delete(lws, group, "", "")
            elif group.broken(policy):
                self._delete(lws, group, "RecreateGroup", f"Worker pod or container restarted, recreating group {group.number}")
        new, size = pods.revision(lws), int(spec["leaderWorkerTemplate"].get("size", 1))
        update = (spec.get("rolloutStrategy") or {}).get("rollingUpdateConfiguration") or {}
        present = [groups[number] for number in range(wanted) if number in groups]
        missing = wanted - sum(group.ready(size) for group in present)
        for group in sorted(present, key=lambda group: -group.number):
            if group.ending or group.revision == new or group.number < int(update.get("partition") or 0):
                continue
            # One that does not serve is no loss.
            if group.ready(size):
                if missing >= _most(update.get("maxUnavailable", 1), wanted):
                    continue
                missing += 1
            self._delete(lws, group, "GroupsUpdating", f"Updating replica {group.number}")

    def _make(self, lws: Obj, groups: Mapping[int, Group]) -> None:
        """Make the pods that are missing; a group that is ending is waited for."""
        spec = lws["spec"]
        size, late = int(spec["leaderWorkerTemplate"].get("size", 1)), spec.get("startupPolicy") == "LeaderReady"
        new = pods.revision(lws)
        for number in range(int(spec.get("replicas", 1))):
            group = groups.get(number)
            if group is None:
                group = Group(number, {0: self._create(lws, pods.leader(lws, number))})
            leader = group.leader
            if leader is None or group.ending or group.revision != new or (late and not podlib.ready(leader)):
                continue
            for index in range(1, size):
                if index not in group.pods:
                    self._create(lws, pods.worker(lws, leader, number, index))

    def _create(self, lws: Obj, pod: Obj) -> Obj:
        try:
            return self._api.create(pod, manager=MANAGER)
        except ApiError as error:
            text = f"Failed to create pod {pod['metadata']['name']}: {error.message}"
            self._api.event(lws, "Warning", "FailedCreate", text, component=MANAGER, action="Create")
            raise

    def _delete(self, lws: Obj, group: Group, reason: str, message: str) -> None:
        gone = [pod for pod in group.pods.values() if not podlib.terminating(pod)]
        for pod in gone:
            meta = pod["metadata"]
            try:
                self._api.delete("pods", meta["namespace"], meta["name"], uid=meta["uid"], manager=MANAGER)
            except ApiError as error:
                if error.code not in (404, 409):
                    raise
        if gone and reason:
            self._api.event(lws, "Normal", reason, message, component=MANAGER, action="Delete")


def _most(value: Any, wanted: int) -> int:
    """Return how many groups may be missing, at least one: a share is rounded down."""
    text = str(value)
    number = math.floor(wanted * int(text.rstrip("%")) / 100) if text.endswith("%") else int(text)
    return max(1, number)
