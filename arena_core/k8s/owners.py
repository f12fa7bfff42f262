"""Owner references: who made an object. A name or a label only fetches; what belongs to an owner is told by uid alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from arena_core.typed import Any


def references(obj: Any) -> Iterator[dict[str, Any]]:
    """Yield the owner references that are mappings."""
    # Nearly all is a plain dict, of which asking the abstract class takes several times as long.
    metadata = obj.get("metadata") if type(obj) is dict or isinstance(obj, Mapping) else None
    found = metadata.get("ownerReferences") if type(metadata) is dict or isinstance(metadata, Mapping) else None
    if found and isinstance(found, list | tuple):
        yield from (row for row in found if isinstance(row, dict))


def controller_of(obj: Any) -> dict[str, Any] | None:
    """Return the reference with ``controller: true``, or None (``metav1.GetControllerOf``)."""
    for row in references(obj):
        if row.get("controller") is True:
            return row
    return None


def controlled_by(obj: Any, uid: str) -> bool:
    """Whether the object's controller has this uid."""
    found = controller_of(obj)
    return bool(uid) and found is not None and found.get("uid") == uid


def owned_by(obj: Any, uid: str) -> bool:
    """Whether any of the object's owners has this uid, the controller or another."""
    return bool(uid) and any(row.get("uid") == uid for row in references(obj))


def reference(owner: Mapping[str, Any], *, controller: bool = True, block: bool = True) -> dict[str, Any]:
    """Return the reference that a controller writes into what it makes (``metav1.NewControllerRef``)."""
    found = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }
    if controller:
        found["controller"] = True
    if block:
        found["blockOwnerDeletion"] = True
    return found
