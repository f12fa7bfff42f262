"""How a controller claims what it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arena_core.k8s import owners, selectors
from arena_local.sdk.bundle import Api, Obj


def controlled(api: Api, resource: str, owner: Obj) -> Sequence[Obj]:
    """Return the objects of ``resource`` that ``owner`` controls, in the order of their creation and name."""
    uid = owner["metadata"]["uid"]
    found = [obj for obj in api.owned(uid, resource) if owners.controlled_by(obj, uid)]
    return sorted(found, key=lambda obj: (obj["metadata"].get("creationTimestamp", ""), obj["metadata"]["name"]))


def claim(api: Api, resource: str, owner: Obj, selector: Mapping[str, Any] | None, *, manager: str) -> Sequence[Obj]:
    """Return what ``owner`` controls and adopt orphans that its selector means (those being deleted are left alone)."""
    wanted = selectors.of_object(selector)
    if selector and wanted and not owner["metadata"].get("deletionTimestamp"):
        for obj in api.list(resource, owner["metadata"]["namespace"], selector.get("matchLabels") or {}):
            meta = obj["metadata"]
            if (
                owners.controller_of(obj) is None
                and not meta.get("deletionTimestamp")
                and selectors.matches(wanted, meta.get("labels") or {})
            ):
                references = [*(meta.get("ownerReferences") or []), owners.reference(owner)]
                patch = {"metadata": {"uid": meta["uid"], "ownerReferences": references}}
                api.patch(resource, meta["namespace"], meta["name"], patch, manager=manager)
    return controlled(api, resource, owner)
