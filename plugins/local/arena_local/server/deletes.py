"""DELETE: preconditions, finalizers, grace of pods, propagation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from arena_core.k8s import time
from arena_local.server.admission import admit_late
from arena_local.server.errors import conflict, forbidden, not_found
from arena_local.server.kinds import strategy_of
from arena_local.server.options import DeleteOptions, WriteOptions
from arena_local.server.registry import Resource
from arena_local.store import Change, Entry

if TYPE_CHECKING:
    from arena_local.server.core import Core

Obj = dict[str, Any]
CRDS = "customresourcedefinitions.apiextensions.k8s.io"
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_KEPT_PODS = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)
ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"
_PROTECTED = ("default", "kube-system", "kube-public", "kube-node-lease")


def check_preconditions(resource: Resource, entry: Entry, options: DeleteOptions) -> None:
    """Refuse when uid or resourceVersion differ."""
    own, name = entry.obj["metadata"], entry.key[1]
    kind = resource.kind
    if options.uid and options.uid != own["uid"]:
        why = f"the UID in the precondition ({options.uid}) does not match the UID in record ({own['uid']}). "
        raise conflict(kind, resource.group, name, why + "The object might have been deleted and then recreated")
    if options.resource_version and options.resource_version != own["resourceVersion"]:
        why = f"the ResourceVersion in the precondition ({options.resource_version}) does not match the ResourceVersion in record "
        raise conflict(kind, resource.group, name, why + f"({own['resourceVersion']}). The object might have been modified")


def delete(server: Core, resource: Resource, namespace: str, name: str, options: DeleteOptions) -> tuple[Entry, bool]:
    """Delete; returns the object's last or terminating state and whether it is gone."""
    entry = server.store.get(resource.storage_id, namespace if resource.namespaced else "", name)
    if entry is None:
        raise not_found(resource.plural, resource.group, name)
    if resource.storage_id == "namespaces" and name in _PROTECTED[:3]:
        raise forbidden("namespaces", "", name, "this namespace may not be deleted")
    check_preconditions(resource, entry, options)
    write = WriteOptions(dry_run=options.dry_run, warnings=options.warnings)
    admit_late(server, resource, entry.obj, entry.obj, "DELETE", write)
    grace = _grace(resource, entry.obj, options)
    finalizers = _finalizers(resource, entry.obj, options)
    own = entry.obj["metadata"]
    # A namespace is held by its spec.finalizers until its content is gone.
    held = bool(resource.storage_id == "namespaces" and (entry.obj.get("spec") or {}).get("finalizers"))
    if not finalizers and not grace and not held:
        if not options.dry_run:
            server.commit([Change(resource.storage_id, *entry.key, None)])
        return _last_state(server, resource, entry), True
    unchanged = own.get("deletionTimestamp") and finalizers == list(own.get("finalizers") or ())
    if unchanged and grace >= own.get("deletionGracePeriodSeconds", 0):
        return entry, False
    return _mark(server, resource, entry, options, grace, finalizers), False


def _last_state(server: Core, resource: Resource, entry: Entry) -> Entry:
    """Return what DELETE answers of an object that is gone: a pod shows when it was told to end."""
    if resource.storage_id != "pods":
        return entry
    own = dict(entry.obj["metadata"])
    if not own.get("deletionTimestamp"):
        own["generation"] = own.get("generation", 0) + 1
        own["deletionTimestamp"] = time.text(server.now())
    own["deletionGracePeriodSeconds"] = 0
    return Entry(entry.key, {**entry.obj, "metadata": own}, entry.rev)


def _mark(server: Core, resource: Resource, entry: Entry, options: DeleteOptions, grace: int, finalizers: list[str]) -> Entry:
    own = dict(entry.obj["metadata"])
    if not own.get("deletionTimestamp") or grace < own.get("deletionGracePeriodSeconds", 0):
        plain = resource.storage_id in (CRDS, "namespaces")
        if not own.get("deletionTimestamp") and "generation" in own and not plain:
            own["generation"] += 1
        own["deletionTimestamp"] = time.text(server.now() + timedelta(seconds=grace))
        if not plain:
            own["deletionGracePeriodSeconds"] = grace
    if finalizers:
        own["finalizers"] = finalizers
    obj = {**entry.obj, "metadata": own}
    if resource.storage_id == "namespaces":
        obj["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
    if options.dry_run:
        return Entry(entry.key, obj, entry.rev)
    return server.commit([Change(resource.storage_id, *entry.key, obj)])[0]


def _grace(resource: Resource, obj: Obj, options: DeleteOptions) -> int:
    if resource.storage_id != "pods":
        return 0
    grace = options.grace
    if grace is None:
        grace = obj["spec"].get("terminationGracePeriodSeconds", 30)
    own = obj["metadata"]
    if own.get("deletionTimestamp"):
        grace = min(grace, own.get("deletionGracePeriodSeconds", 0))
    if not obj["spec"].get("nodeName") or (obj.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    return 1 if grace < 0 else int(grace)


def _finalizers(resource: Resource, obj: Obj, options: DeleteOptions) -> list[str]:
    found = list(obj["metadata"].get("finalizers") or ())
    if resource.storage_id == "namespaces":
        return found
    if resource.storage_id == CRDS and CLEANUP not in found and not obj["metadata"].get("deletionTimestamp"):
        # Held until its objects are gone.
        found.append(CLEANUP)
    policy = options.propagation
    if not policy and resource.storage_id == "jobs.batch":
        options.warnings.append(_KEPT_PODS)
    if not policy:
        if any(word in found for word in (ORPHAN, FOREGROUND)):
            return found
        policy = strategy_of(resource).default_propagation
    if policy == "Orphan":
        found = [word for word in found if word != FOREGROUND]
        return found if ORPHAN in found else [*found, ORPHAN]
    if policy == "Foreground":
        found = [word for word in found if word != ORPHAN]
        return found if FOREGROUND in found else [*found, FOREGROUND]
    return [word for word in found if word not in (ORPHAN, FOREGROUND)]
