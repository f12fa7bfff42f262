"""Namespaces: their default objects, and their end."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from arena_core.k8s import time
from arena_local.sdk.bundle import ApiError
from arena_local.server import deletes
from arena_local.server.bootstrap import first_objects, root_certificate
from arena_local.server.options import DeleteOptions
from arena_local.store import Change, Event

if TYPE_CHECKING:
    from arena_local.server.core import Core

#: The real controller needs a moment, too, in which a client still finds what was there.
_DELAY = 0.1
log = logging.getLogger(__name__)
Obj = dict[str, Any]


class NamespaceKeeper:
    """Gives a new namespace its service account and root certificate, and empties one that is being deleted."""

    def __init__(self, server: Core) -> None:
        self.server = server
        self._scheduled: set[str] = set()
        for entry in server.store.entries("namespaces"):
            if entry.obj["metadata"].get("deletionTimestamp"):
                self._schedule(entry.key[1])

    def on_event(self, event: Event) -> None:
        """See what a commit means for namespaces."""
        if event.resource == "namespaces":
            name = event.entry.key[1]
            if event.type == "ADDED":
                self.server.later(lambda: self._furnish(name))
            elif event.type == "MODIFIED" and event.entry.obj["metadata"].get("deletionTimestamp"):
                self._schedule(name)
            return
        space = event.entry.key[0]
        if event.type == "DELETED" and space:
            if self._terminating(space):
                self._schedule(space)
            elif event.resource == "serviceaccounts" and event.entry.key[1] == "default":
                self.server.later(lambda: self._furnish(space))
            elif event.resource == "services" and event.entry.key == ("default", "kubernetes"):
                self.server.later(lambda: first_objects(self.server))

    def _terminating(self, name: str) -> bool:
        entry = self.server.store.get("namespaces", "", name)
        return entry is not None and bool(entry.obj["metadata"].get("deletionTimestamp"))

    def _furnish(self, name: str) -> None:
        if self.server.store.get("namespaces", "", name) is None or self._terminating(name):
            return
        for obj in (
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}},
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "kube-root-ca.crt", "namespace": name},
                "data": {"ca.crt": root_certificate()},
            },
        ):
            self.server.ensure(obj, manager="kube-controller-manager")

    def _schedule(self, name: str) -> None:
        if name not in self._scheduled:
            self._scheduled.add(name)
            self.server.later(lambda: self._empty(name), delay=_DELAY)

    def _empty(self, name: str) -> None:
        self._scheduled.discard(name)
        server = self.server
        left: dict[str, int] = {}
        held: dict[str, int] = {}
        entry = server.store.get("namespaces", "", name)
        if entry is None or not entry.obj["metadata"].get("deletionTimestamp"):
            return
        # Pods go first, and everything else when they have gone: whoever runs them sees them end (since Kubernetes 1.33).
        for storage_id in sorted(server.store.resources(), key=lambda kind: (kind != "pods", kind)):
            resource = server.registry.by_id(storage_id)
            if resource is None or not resource.namespaced:
                continue
            if storage_id != "pods" and left.get("pods."):
                break
            for item in server.store.entries(storage_id, name):
                try:
                    _, gone = deletes.delete(server, resource, name, item.key[1], DeleteOptions(propagation="Background"))
                except ApiError as error:
                    log.debug("namespace %s keeps %s %s: %s", name, storage_id, item.key[1], error)
                    gone = error.code == 404
                if gone:
                    continue
                shown = f"{resource.plural}.{resource.group}"
                left[shown] = left.get(shown, 0) + 1
                for finalizer in item.obj["metadata"].get("finalizers") or ():
                    held[finalizer] = held.get(finalizer, 0) + 1
        self._finish(name, left, held)

    def _finish(self, name: str, left: Mapping[str, int], held: Mapping[str, int]) -> None:
        server = self.server
        entry = server.store.get("namespaces", "", name)
        if entry is None:
            return
        own = entry.obj["metadata"]
        if not left and not own.get("finalizers"):
            server.commit([Change("namespaces", "", name, None)])
            return
        conditions = _conditions(left, held, time.text(server.now()), (entry.obj.get("status") or {}).get("conditions") or [])
        spec = {} if not left else entry.obj.get("spec", {})
        status = {**(entry.obj.get("status") or {}), "conditions": conditions}
        if status != entry.obj.get("status") or spec != entry.obj.get("spec"):
            server.commit([Change("namespaces", "", name, {**entry.obj, "metadata": dict(own), "spec": spec, "status": status})])


def _conditions(left: Mapping[str, int], held: Mapping[str, int], now: str, old: list[Obj]) -> list[Obj]:
    rows = [
        ("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"),
        ("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
        ("NamespaceDeletionContentFailure", "False", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
        ("NamespaceContentRemaining", "False", "ContentRemoved", "All content successfully removed"),
        ("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
    ]
    if left:
        shown = ", ".join(f"{name} has {count} resource instances" for name, count in sorted(left.items()))
        rows[3] = ("NamespaceContentRemaining", "True", "SomeResourcesRemain", f"Some resources are remaining: {shown}")
    if held:
        shown = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(held.items()))
        text = f"Some content in the namespace has finalizers remaining: {shown}"
        rows[4] = ("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", text)
    times = {item["type"]: item for item in old}
    found = []
    for kind, status, reason, message in rows:
        before = times.get(kind, {})
        time = before["lastTransitionTime"] if before.get("status") == status else now
        found.append({"type": kind, "status": status, "lastTransitionTime": time, "reason": reason, "message": message})
    return found
