"""Owner references: who controls an object, and how a controller claims what it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_local.sdk.bundle import Api, Obj


def owner_reference(owner: Obj, *, controller: bool = True, block: bool = True) -> Obj:
    """Return the reference that a controller writes into what it makes (``metav1.NewControllerRef``)."""
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }
    if controller:
        reference["controller"] = True
    if block:
        reference["blockOwnerDeletion"] = True
    return reference


def controller_of(obj: Obj) -> Obj | None:
    """Return the ownerReference with ``controller: true``, or None."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            found: Obj = reference
            return found
    return None


def controlled_by(obj: Obj, uid: str) -> bool:
    """Return whether the object's controller has this uid."""
    reference = controller_of(obj)
    return bool(reference and reference.get("uid") == uid)


def controlled(api: Api, resource: str, owner: Obj) -> Sequence[Obj]:
    """Return the objects of ``resource`` that ``owner`` controls, in the order of their creation and name."""
    uid = owner["metadata"]["uid"]
    found = [obj for obj in api.owned(uid, resource) if controlled_by(obj, uid)]
    return sorted(found, key=lambda obj: (obj["metadata"].get("creationTimestamp", ""), obj["metadata"]["name"]))


def claim(api: Api, resource: str, owner: Obj, labels: Mapping[str, str], *, manager: str) -> Sequence[Obj]:
    """Return what ``owner`` controls and adopt orphans that carry ``labels`` (those being deleted are left alone)."""
    if not owner["metadata"].get("deletionTimestamp"):
        for obj in api.list(resource, owner["metadata"]["namespace"], labels):
            meta = obj["metadata"]
            if controller_of(obj) is None and not meta.get("deletionTimestamp"):
                references = [*(meta.get("ownerReferences") or []), owner_reference(owner)]
                patch = {"metadata": {"uid": meta["uid"], "ownerReferences": references}}
                api.patch(resource, meta["namespace"], meta["name"], patch, manager=manager)
    return controlled(api, resource, owner)
