"""CustomResourceDefinitions: made ready when they are created, their resources served, everything gone when they go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena_core.k8s import time
from arena_core.k8s.copies import clone, same
from arena_local.server import structural
from arena_local.server.deletes import CLEANUP, CRDS
from arena_local.store import Change, Entry, Event

if TYPE_CHECKING:
    from arena_local.server.core import Core

Obj = dict[str, Any]


class CrdKeeper:
    """Keeps the registry in line with the stored CRDs."""

    def __init__(self, server: Core) -> None:
        self.server = server
        #: CRDs whose names nobody has accepted yet.
        self._new: set[str] = set()

    def load(self) -> None:
        """Serve the CRDs found on disk."""
        for entry in self.server.store.entries(CRDS):
            if _established(entry.obj):
                self._serve(entry)
            else:
                self._new.add(entry.key[1])

    def install(self, crd: Obj) -> None:
        """Create a CRD of a bundle, or bring it up to date."""
        name = crd["metadata"]["name"]
        known = self.server.find(CRDS, "", name)
        body = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": name},
            "spec": crd["spec"],
        }
        for key in ("labels", "annotations"):
            if crd["metadata"].get(key):
                body["metadata"][key] = crd["metadata"][key]
        if known is None:
            self.server.create(body, manager="arena-local")
        else:
            body["metadata"]["resourceVersion"] = known["metadata"]["resourceVersion"]
            if (known.get("metadata", {}).get("deletionTimestamp")) is None:
                self.server.update(body, manager="arena-local")
        self._establish(name)

    def on_event(self, event: Event) -> None:
        """See what a commit means for the served kinds."""
        if event.resource != CRDS:
            return
        name = event.entry.key[1]
        if event.type == "DELETED":
            self.server.registry.drop_crd(name)
            return
        own = event.entry.obj["metadata"]
        if own.get("deletionTimestamp"):
            self.server.later(lambda: self._remove(name))
        elif not _established(event.entry.obj):
            self._new.add(name)
            self.server.later(lambda: self._establish(name))
        elif not self.server.registry.serves(name) or event.old is None or not same(event.old.obj["spec"], event.entry.obj["spec"]):
            self._serve(event.entry)

    def _serve(self, entry: Entry) -> None:
        self.server.registry.put_crd(entry.key[1], lambda: entry.obj)
        resource = self.server.registry.by_id(entry.key[1])
        if resource is None:
            return
        # A default that came later shows on older objects without a write.
        for item in self.server.store.entries(resource.storage_id):
            obj = clone(item.obj)
            structural.default(resource.schema, obj)
            if not same(obj, item.obj):
                item.rewrite(obj)

    def heal(self, storage_id: str) -> None:
        """Convert what an earlier release has stored of an older version as it came; the next write of each stores it so."""
        resource = self.server.registry.by_id(storage_id)
        if resource is None:
            return
        for item in self.server.store.entries(storage_id):
            obj = self.server.converted(resource, item.obj)
            if not same(obj, item.obj):
                item.rewrite(obj)

    def _establish(self, name: str) -> None:
        if name not in self._new:
            return
        self._new.discard(name)
        entry = self.server.store.get(CRDS, "", name)
        if entry is None or entry.obj["metadata"].get("deletionTimestamp"):
            return
        now = time.text(self.server.now())
        accepted = clone(entry.obj["spec"]["names"])
        conditions = [
            {"type": "NamesAccepted", "status": "True", "reason": "NoConflicts", "message": "no conflicts found"},
            {"type": "Established", "status": "True", "reason": "InitialNamesAccepted", "message": "the initial names have been accepted"},
        ]
        for condition in conditions:
            condition["lastTransitionTime"] = now
        status = {**(entry.obj.get("status") or {}), "acceptedNames": accepted, "conditions": conditions}
        own = dict(entry.obj["metadata"])
        self.server.commit([Change(CRDS, "", name, {**entry.obj, "metadata": own, "status": status})])

    def _remove(self, name: str) -> None:
        """Delete the objects of a terminating CRD, then the CRD."""
        server = self.server
        entry = server.store.get(CRDS, "", name)
        if entry is None or CLEANUP not in (entry.obj["metadata"].get("finalizers") or ()):
            return
        resource = server.registry.by_id(name)
        if resource is not None:
            for item in server.store.entries(resource.storage_id):
                server.delete(resource.id, *item.key)
            if server.store.count(resource.storage_id):
                return
        own = dict(entry.obj["metadata"])
        own["finalizers"] = [word for word in own["finalizers"] if word != CLEANUP]
        gone = not own["finalizers"]
        server.commit([Change(CRDS, "", name, None if gone else {**entry.obj, "metadata": own})])


def _established(crd: Obj) -> bool:
    conditions = (crd.get("status") or {}).get("conditions") or ()
    return any(item["type"] == "Established" and item["status"] == "True" for item in conditions)
