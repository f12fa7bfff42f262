"""How a controller claims what it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arena_core.k8s import selectors
from arena_core.k8s.owners import controlled_by, controller_of
from arena_core.k8s.owners import reference as owner_reference
from arena_local.sdk.bundle import Api, Obj

__all__ = ["claim", "controlled", "controlled_by", "controller_of", "owner_reference"]


def controlled(api: Api, resource: str, owner: Obj) -> Sequence[Obj]:
    """Return the objects of ``resource`` that ``owner`` controls, in the order of their creation and name."""
    uid = owner["metadata"]["uid"]
    found = [obj for obj in api.owned(uid, resource) if controlled_by(obj, uid)]
    return sorted(found, key=lambda obj: (obj["metadata"].get("creationTimestamp", ""), obj["metadata"]["name"]))


def claim(api: Api, resource: str, owner: Obj, selector: Mapping[str, Any] | None, *, manager: str) -> Sequence[Obj]:
    """Return what ``owner`` controls and adopt orphans that its selector means (those being deleted are left alone)."""
    wanted = selectors.of_object(selector)
    if selector and wanted and not owner["metadata"].get("deletionTimestamp"):
        for obj in api.list(resource, owner["metadata"]["namespace"], selector.get("matchLabels") or {}):
            meta = obj["metadata"]
            if controller_of(obj) is None and not meta.get("deletionTimestamp") and selectors.matches(wanted, meta.get("labels") or {}):
                references = [*(meta.get("ownerReferences") or []), owner_reference(owner)]
                patch = {"metadata": {"uid": meta["uid"], "ownerReferences": references}}
                api.patch(resource, meta["namespace"], meta["name"], patch, manager=manager)
    return controlled(api, resource, owner)
