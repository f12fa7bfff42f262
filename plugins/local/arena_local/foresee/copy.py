"""The cluster in memory: an API server that is filled with what was read, as it is, and that keeps what its parts have to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from arena_core.k8s.copies import same
from arena_local.context import Options
from arena_local.kueue import kinds
from arena_local.kueue.versions import CONVERSIONS
from arena_local.sdk.bundle import Obj
from arena_local.server.server import ApiServer
from arena_local.store import Change, Store

#: Waits of the operators that mean nothing where no process has to start or end. Volcano's sessions stay a second apart.
HASTE = {
    "job.batch": 0.0,
    "job.backoff": 0.05,
    "kueue.retry": 0.1,
    "kueue.scheduling": 0.05,
    "kueue.status": 0.0,
    "appwrapper.start": 0.5,
    "appwrapper.poll": 0.5,
    "appwrapper.create": 0.1,
    "resourcequota.status": 0.0,
}


class Told(NamedTuple):
    """An event: about which object, and what."""

    kind: str
    uid: str
    name: str
    reason: str
    message: str


class Copy(ApiServer):
    """An API server over what was read. Events are kept in ``told`` and are no objects; a Workload's status is not checked again."""

    def __init__(self, objects: Mapping[str, Sequence[Obj]]) -> None:
        store = Store(None)
        # Before anybody listens: what was read is there from the start, as after a restart.
        store.commit([change for resource, items in objects.items() for change in _changes(resource, items)])
        super().__init__(store, (), Options(delays=HASTE))
        self.told: list[Told] = []

    def event(self, obj: Obj, type: str, reason: str, message: str, *, component: str, field_path: str = "", action: str = "") -> None:
        """Keep what is said of an object."""
        meta = obj["metadata"]
        self.told.append(Told(str(obj.get("kind", "")), str(meta.get("uid", "")), str(meta["name"]), reason, message))

    def update_status(self, obj: Obj, *, manager: str) -> Obj:
        """Replace the status; that of a Workload comes from Kueue's own rules alone, and there may be a thousand."""
        if obj.get("kind") != "Workload":
            return super().update_status(obj, manager=manager)
        meta = obj["metadata"]
        entry = self.store.get(kinds.WORKLOADS, meta["namespace"], meta["name"])
        if entry is None:
            return super().update_status(obj, manager=manager)
        if same(obj.get("status"), entry.obj.get("status")):
            return entry.obj
        return self.put(kinds.WORKLOADS, {**entry.obj, "status": obj["status"]})

    def put(self, resource: str, obj: Obj) -> Obj:
        """Store an object as it is."""
        meta = obj["metadata"] = dict(obj["metadata"])
        return self.commit([Change(resource, str(meta.get("namespace", "")), meta["name"], obj)])[0].obj

    def drop(self, resource: str, obj: Obj) -> None:
        """Remove an object at once."""
        meta = obj["metadata"]
        self.commit([Change(resource, str(meta.get("namespace", "")), meta["name"], None)])


def _changes(resource: str, items: Iterable[Obj]) -> Iterable[Change]:
    convert = CONVERSIONS.get(resource)
    for item in items:
        obj = convert(item, kinds.API_VERSION) if convert and item.get("apiVersion") != kinds.API_VERSION else dict(item)
        meta = obj["metadata"] = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
        yield Change(resource, str(meta.get("namespace", "")), str(meta["name"]), obj)
