"""What the inside may rely on: every object that comes from an API server has passed here, once.

A healthy server never sends anything else; a proxy, a captive portal or a server in trouble does. What is wrong is told by its place.
"""

from __future__ import annotations

from typing import Any

from arena_core.kube.answer import BadAnswer
from arena_core.types import Manifest, Resource

#: Fields of any object that are mappings, or lists of mappings, where they are there at all.
_MAPS = ("spec", "status", "metadata")
_METADATA_MAPS = ("labels", "annotations")
_METADATA_TEXTS = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "generateName")
_METADATA_LISTS = {"ownerReferences": dict, "finalizers": str}
_STATUS_LISTS = ("conditions", "containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
_SPEC_LISTS = ("containers", "initContainers", "volumes")


def checked(data: Any, verb: str, resource: Resource, name: str = "", uid: str = "") -> Manifest:
    """Return an answer's object if it is what was asked for: of this kind, this name, this uid; else raise ``BadAnswer``."""
    found = object_of(data, resource, verb)
    metadata = found["metadata"]
    if name and metadata.get("name") != name:
        raise _wrong(resource, verb, f"an object named {str(metadata.get('name', ''))[:80]!r} where {name} was asked for")
    if uid and metadata.get("uid") != uid:
        raise _wrong(resource, verb, f"another object named {name or metadata.get('name')}, with a uid of its own")
    return found


def deleted(data: Any, resource: Resource, name: str) -> Manifest:
    """Return the answer to a deletion: the object, or a Status that says that it is gone."""
    if isinstance(data, dict) and data.get("kind") == "Status":
        if data.get("status") != "Success":
            raise _wrong(resource, "delete", "a Status that does not say whether it is deleted")
        return data
    return checked(data, "delete", resource, name)


def listed(data: Any, resource: Resource) -> Manifest:
    """Return the answer to a list: its ``items`` are objects of this kind, which say so themselves afterwards."""
    if not isinstance(data, dict) or not _is_list_kind(data.get("kind"), resource) or "items" not in data:
        raise _wrong(resource, "list", f"{_kind(data)} where a {resource.kind}List was asked for")
    items = data["items"] if data["items"] is not None else []
    if not isinstance(items, list):
        raise _wrong(resource, "list", "a list whose `items` are no list")
    metadata = data.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise _wrong(resource, "list", "a list whose `metadata` is no mapping")
    for item in items:
        if isinstance(item, dict):
            # Lists leave out what their own kind says already.
            item.setdefault("kind", resource.kind)
        object_of(item, resource, "list")
    return {**data, "items": items, "metadata": metadata or {}}


def _is_list_kind(kind: Any, resource: Resource) -> bool:
    """Whether it is the kind of the list. A custom resource may name its own; its items are then told by their own kind."""
    return kind in (f"{resource.kind}List", "List") or (bool(resource.group) and isinstance(kind, str) and kind.endswith("List"))


def object_of(data: Any, resource: Resource, verb: str) -> Manifest:
    """Return an object whose general fields have the types that Kubernetes gives them."""
    if not isinstance(data, dict) or data.get("kind") != resource.kind:
        raise _wrong(resource, verb, f"{_kind(data)} where a {resource.kind} was asked for")
    for key in _MAPS:
        _is(data, key, dict, resource, verb, "")
    metadata = data.setdefault("metadata", {})
    if metadata is None:
        metadata = data["metadata"] = {}
    for key in _METADATA_MAPS:
        _is(metadata, key, dict, resource, verb, "metadata.")
    for key in _METADATA_TEXTS:
        _is(metadata, key, str, resource, verb, "metadata.")
    for key, kind in _METADATA_LISTS.items():
        _is_list(metadata, key, kind, resource, verb, "metadata.")
    for part, keys in (("status", _STATUS_LISTS), ("spec", _SPEC_LISTS)):
        inner = data.get(part)
        if inner:
            for key in keys:
                _is_list(inner, key, dict, resource, verb, f"{part}.")
    return data


def _is(data: Manifest, key: str, kind: type, resource: Resource, verb: str, place: str) -> None:
    value = data.get(key)
    if value is not None and not isinstance(value, kind):
        raise _wrong(resource, verb, f"a {resource.kind} whose {place}{key} is {_type(value)}")


def _is_list(data: Manifest, key: str, kind: type, resource: Resource, verb: str, place: str) -> None:
    value = data.get(key)
    if value is None:
        return
    if not isinstance(value, list):
        raise _wrong(resource, verb, f"a {resource.kind} whose {place}{key} is {_type(value)}")
    if not all(isinstance(one, kind) for one in value):
        raise _wrong(resource, verb, f"a {resource.kind} whose {place}{key} has an entry of a wrong type")


def _wrong(resource: Resource, verb: str, what: str) -> BadAnswer:
    return BadAnswer(
        f"the answer to {verb} {resource.plural} cannot be used: it is {what}",
        "is `server` in the kubeconfig a Kubernetes API server? a proxy or a sign-in page may answer in its place",
    )


def _kind(data: Any) -> str:
    if not isinstance(data, dict):
        return _type(data)
    return f"of kind {str(data['kind'])[:80]!r}" if data.get("kind") else "an object without a kind"


def _type(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", bool: "a truth value", type(None): "nothing"}
    return names.get(type(value), "a number")
