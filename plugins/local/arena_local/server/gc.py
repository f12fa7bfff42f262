"""Garbage collection by ownerReferences: background, foreground, orphan."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from arena_core.k8s import owners
from arena_local.sdk.bundle import ApiError
from arena_local.server import deletes
from arena_local.server.deletes import FOREGROUND, ORPHAN
from arena_local.server.options import DeleteOptions
from arena_local.store import Change, Entry, Event

if TYPE_CHECKING:
    from arena_local.server.core import Core

log = logging.getLogger(__name__)
Obj = dict[str, Any]


def _refs(entry: Entry) -> list[Obj]:
    return list(owners.references({"metadata": entry.meta}))


class Collector:
    """Follows every commit; what it deletes it deletes one object a turn of the event loop."""

    def __init__(self, server: Core) -> None:
        self.server = server
        self._queued: set[tuple[str, str, str]] = set()
        for resource in server.store.resources():
            for entry in server.store.entries(resource):
                if _refs(entry):
                    self._look(resource, entry)
                self._terminating(resource, entry)

    def on_event(self, event: Event) -> None:
        """See what a commit means for owners and dependants."""
        entry = event.entry
        own = entry.obj["metadata"]
        if event.type == "DELETED":
            for resource, dependant in self.server.store.owned(own["uid"]):
                self._look(resource, dependant)
            for ref in _refs(entry):
                self._owner_of(ref, entry.key[0])
            return
        if own.get("deletionTimestamp"):
            self._terminating(event.resource, entry)
        if _refs(entry) and (event.old is None or _refs(event.old) != _refs(entry)):
            self._look(event.resource, entry)
        if event.old is not None:
            for ref in _refs(event.old):
                if ref not in _refs(entry):
                    self._owner_of(ref, entry.key[0])

    def _owner_of(self, ref: Obj, namespace: str) -> None:
        found = self._resolve(ref, namespace)
        if found is not None:
            self._terminating(*found)

    def _resolve(self, ref: Obj, namespace: str) -> tuple[str, Entry] | None:
        resource = self.server.registry.by_kind(ref.get("apiVersion", ""), ref.get("kind", ""))
        if resource is None:
            return None
        entry = self.server.store.get(resource.storage_id, namespace if resource.namespaced else "", ref.get("name", ""))
        if entry is None or entry.obj["metadata"]["uid"] != ref.get("uid"):
            return None
        return resource.storage_id, entry

    def _look(self, resource: str, entry: Entry) -> None:
        key = (resource, *entry.key)
        if key not in self._queued:
            self._queued.add(key)
            self.server.later(lambda: self._judge(key))

    def _judge(self, key: tuple[str, str, str]) -> None:
        """Delete an object whose owners are all gone, or drop the references to those that are."""
        self._queued.discard(key)
        entry = self.server.store.get(*key)
        resource = self.server.registry.by_id(key[0])
        if entry is None or resource is None or not _refs(entry):
            return
        own = entry.obj["metadata"]
        if own.get("deletionTimestamp") and FOREGROUND not in (own.get("finalizers") or ()):
            return
        solid, waiting, dangling = [], [], []
        for ref in _refs(entry):
            if self.server.registry.by_kind(ref.get("apiVersion", ""), ref.get("kind", "")) is None:
                solid.append(ref)  # A kind that is not served may come back: never collect on its account.
                continue
            found = self._resolve(ref, entry.key[0])
            if found is None:
                dangling.append(ref)
            elif _in_foreground(found[1]):
                waiting.append(ref)
            else:
                solid.append(ref)
        if solid:
            if dangling or waiting:
                self._drop_refs(key, entry, {ref["uid"] for ref in dangling + waiting})
            return
        if own.get("deletionTimestamp"):
            return
        for ref in dangling:
            self._report_foreign(entry, ref)
        policy = "Foreground" if waiting else self._own_policy(entry)
        self._delete(resource.id, entry, policy)

    @staticmethod
    def _own_policy(entry: Entry) -> str:
        finalizers = entry.obj["metadata"].get("finalizers") or ()
        return "Orphan" if ORPHAN in finalizers else "Foreground" if FOREGROUND in finalizers else "Background"

    def _report_foreign(self, entry: Entry, ref: Obj) -> None:
        resource = self.server.registry.by_kind(ref.get("apiVersion", ""), ref.get("kind", ""))
        if resource is None or not resource.namespaced:
            return
        elsewhere = any(other.obj["metadata"]["uid"] == ref["uid"] for other in self.server.store.entries(resource.storage_id))
        if elsewhere or (resource.namespaced and not entry.key[0]):
            given = f"[{ref['apiVersion']}/{ref['kind']}, namespace: {entry.key[0]}, name: {ref['name']}, uid: {ref['uid']}]"
            text = f'ownerRef {given} does not exist in namespace "{entry.key[0]}"'
            shown = {**entry.obj, "metadata": {key: value for key, value in entry.obj["metadata"].items() if key != "resourceVersion"}}
            self.server.event(shown, "Warning", "OwnerRefInvalidNamespace", text, component="garbage-collector-controller")

    def _delete(self, resource: str, entry: Entry, policy: str) -> None:
        served = self.server.registry.by_id(resource)
        if served is None:
            return
        options = DeleteOptions(uid=entry.obj["metadata"]["uid"], propagation=policy)
        try:
            deletes.delete(self.server, served, *entry.key, options)
        except ApiError as error:
            if error.code not in (404, 409):
                log.warning("garbage collection of %s %s: %s", resource, entry.key, error)

    def _drop_refs(self, key: tuple[str, str, str], entry: Entry, uids: set[str]) -> None:
        own = {**entry.obj["metadata"], "ownerReferences": [ref for ref in _refs(entry) if ref["uid"] not in uids]}
        if not own["ownerReferences"]:
            del own["ownerReferences"]
        self.server.commit([Change(*key, {**entry.obj, "metadata": own})])

    def _terminating(self, resource: str, entry: Entry) -> None:
        finalizers = entry.obj["metadata"].get("finalizers") or ()
        if entry.obj["metadata"].get("deletionTimestamp") and (ORPHAN in finalizers or FOREGROUND in finalizers):
            key = (resource, *entry.key)
            self.server.later(lambda: self._end(key))

    def _end(self, key: tuple[str, str, str]) -> None:
        """Do what a terminating owner's finalizer asks for."""
        entry = self.server.store.get(*key)
        if entry is None:
            return
        own = entry.obj["metadata"]
        finalizers = own.get("finalizers") or ()
        dependants = self.server.store.owned(own["uid"])
        if ORPHAN in finalizers:
            for resource, dependant in dependants:
                self._drop_refs((resource, *dependant.key), dependant, {own["uid"]})
            self._release(key, ORPHAN)
        elif FOREGROUND in finalizers:
            blocking = False
            for resource, dependant in dependants:
                if any(ref["uid"] == own["uid"] and ref.get("blockOwnerDeletion") for ref in _refs(dependant)):
                    blocking = True
                self._look(resource, dependant)
            if not blocking:
                self._release(key, FOREGROUND)

    def _release(self, key: tuple[str, str, str], finalizer: str) -> None:
        entry = self.server.store.get(*key)
        if entry is None:
            return
        own = dict(entry.obj["metadata"])
        own["finalizers"] = [word for word in own.get("finalizers") or () if word != finalizer]
        if own["finalizers"] or own.get("deletionGracePeriodSeconds"):
            if not own["finalizers"]:
                del own["finalizers"]
            self.server.commit([Change(*key, {**entry.obj, "metadata": own})])
        else:
            self.server.commit([Change(*key, None)])


def _in_foreground(entry: Entry) -> bool:
    own = entry.obj["metadata"]
    return bool(own.get("deletionTimestamp")) and FOREGROUND in (own.get("finalizers") or ())
