"""What the inside may rely on: every object that comes from an API server has passed here, once.

A healthy server never sends anything else; a proxy, a captive portal or a server in trouble does. What is wrong is told by its place.
"""

from __future__ import annotations

from arena_core.contract.types import Manifest, Resource
from arena_core.kube.answer import BadAnswer
from arena_core.kube.fields import ANY, BY_KIND
from arena_core.typed import Any


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
        raise _wrong(resource, "list", "a list whose `items` are not a list")
    metadata = data.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise _wrong(resource, "list", "a list whose `metadata` is not a mapping")
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
    """Return an object whose known fields have the types that Kubernetes gives them."""
    if not isinstance(data, dict) or data.get("kind") != resource.kind:
        raise _wrong(resource, verb, f"{_kind(data)} where a {resource.kind} was asked for")
    known = BY_KIND.get(resource.kind)
    wrong = _misfit(data, ANY, "") or (_misfit(data, known, "") if known else "")
    if wrong:
        raise _wrong(resource, verb, f"a {resource.kind} whose {wrong}")
    if data.get("metadata") is None:
        data["metadata"] = {}
    return data


def _misfit(value: Any, shape: Any, place: str) -> str:
    """Return which value does not fit and what it is, or nothing. What is null fits: it is as if it were not there."""
    kind = value.__class__
    if value is None or kind is shape or shape is object:
        return ""
    if isinstance(shape, list):
        if kind is not list:
            return f"{place} is {_type(value)}"
        inner = shape[0]
        for one in value:
            if one.__class__ is inner:
                continue
            if wrong := f"{place} has an empty entry" if one is None else _misfit(one, inner, place):
                return wrong
        return ""
    if kind is not dict or isinstance(shape, type):
        return f"{place} is {_type(value)}"
    # This runs for every field of every object of a list: what fits at once costs no call.
    if "*" in shape:
        inner = shape["*"]
        values = [] if inner is object else [one for one in value.values() if one.__class__ is not inner]
        return next((wrong for one in values if (wrong := _misfit(one, inner, f"a value of {place}"))), "")
    for key, inner in shape.items():
        one = value.get(key)
        if one is not None and one.__class__ is not inner and (wrong := _misfit(one, inner, f"{place}.{key}" if place else key)):
            return wrong
    return ""


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
