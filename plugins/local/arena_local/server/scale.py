"""The scale subresource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena_core.k8s import selectors
from arena_core.k8s.copies import clone
from arena_local.server import patches, writes
from arena_local.server.causes import Cause, bad_value
from arena_local.server.decode import Decoder
from arena_local.server.errors import Refusal, bad_request, conflict, invalid, not_found
from arena_local.server.options import WriteOptions
from arena_local.server.registry import Resource
from arena_local.server.schema import builtin_schema
from arena_local.store import Entry

if TYPE_CHECKING:
    from arena_local.server.core import Core

Obj = dict[str, Any]
_KIND = "io.k8s.api.autoscaling.v1.Scale"


def _split(path: str) -> list[str]:
    return [part for part in path.split(".") if part]


def _paths(resource: Resource) -> tuple[list[str], list[str], list[str]]:
    """Return where spec replicas, status replicas and the selector lie."""
    if not resource.custom:
        return ["spec", "replicas"], ["status", "replicas"], ["spec", "selector"]
    given = resource.crd_version["subresources"]["scale"]
    selector = given.get("labelSelectorPath", "")
    return _split(given["specReplicasPath"]), _split(given["statusReplicasPath"]), _split(selector)


def _dig(obj: Any, path: list[str]) -> Any:
    for part in path:
        obj = obj.get(part) if isinstance(obj, dict) else None
    return obj


def _put(obj: Obj, path: list[str], value: Any) -> None:
    for part in path[:-1]:
        obj[part] = dict(obj.get(part) or {})
        obj = obj[part]
    obj[path[-1]] = value


def scale_causes(resource: Resource, obj: Obj) -> list[Cause]:
    """Return what keeps the scale subresource of a custom resource from reading an object."""
    if not resource.custom or resource.sub("scale") is None:
        return []
    found = []
    for path, label in zip(_paths(resource)[:2], ("spec", "status"), strict=True):
        text, place = "." + ".".join(path), obj
        for part in path:
            if not isinstance(place, dict):
                kind = {str: "string", bool: "bool", int: "int64", float: "float64", list: "[]interface {}"}.get(type(place), "")
                shown = _go_value(place)
                why = f"{text} accessor error: {shown} is of the type {kind}, expected map[string]interface{{}}"
                found.append(bad_value(text, 0, why))
                break
            if part not in place:
                break
            place = place[part]
        else:
            found += _number(text, place, label)
    return found


def _go_value(value: Any) -> str:
    return (
        str(value).lower() if isinstance(value, bool) else "[" + " ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)
    )


def _number(text: str, value: Any, label: str) -> list[Cause]:
    if isinstance(value, bool) or not isinstance(value, int):
        kind = {str: "string", bool: "bool", float: "float64", list: "[]interface {}", dict: "map[string]interface {}"}.get(
            type(value), "nil"
        )
        return [bad_value(text, 0, f"{text} accessor error: {_go_value(value)} is of the type {kind}, expected int64")]
    if value < 0:
        return [bad_value(text, value, "should be a non-negative integer")]
    if value > 2147483647:
        return [bad_value(text, value, "should be less than or equal to 2147483647")]
    return []


def _selector_text(selector: Any) -> str:
    if isinstance(selector, str):
        return selector
    if not isinstance(selector, dict):
        return ""
    if "matchLabels" in selector or "matchExpressions" in selector:
        return selectors.text_of_object(selector)
    return selectors.text_of(selector)


def _entry(server: Core, resource: Resource, namespace: str, name: str) -> Entry:
    entry = server.store.get(resource.storage_id, namespace, name)
    if entry is None:
        raise not_found(resource.plural, resource.group, name)
    return entry


def _scale(resource: Resource, obj: Obj, *, strict: bool) -> Obj:
    spec_path, status_path, selector_path = _paths(resource)
    replicas = _dig(obj, spec_path)
    if replicas is None and strict and resource.custom:
        text = f'the spec replicas field ".{".".join(spec_path)}" does not exist'
        raise Refusal(500, "InternalError", f"Internal error occurred: {text}", {"causes": [{"message": text}]})
    own = {
        key: obj["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp") if key in obj["metadata"]
    }
    status: Obj = {"replicas": _dig(obj, status_path) or 0}
    selector = _selector_text(_dig(obj, selector_path)) if selector_path else ""
    if selector:
        status["selector"] = selector
    spec = {"replicas": replicas} if replicas else {}
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": own, "spec": spec, "status": status}


def read(server: Core, resource: Resource, namespace: str, name: str) -> Obj:
    """GET."""
    return _scale(resource, _entry(server, resource, namespace, name).obj, strict=True)


def _write(server: Core, resource: Resource, entry: Entry, given: Obj, options: WriteOptions) -> Obj:
    name = entry.key[1]
    if given.get("kind") not in (None, "Scale"):
        kind, version = given["kind"], str(given.get("apiVersion", "")).rpartition("/")[2]
        text = f'{kind} in version "{version}" cannot be handled as a Scale: '
        raise bad_request(text + f"converting ({version}.{kind}) to (autoscaling.Scale): unknown conversion")
    scale = Decoder('Scale in version "v1" cannot be handled as a Scale').decode(builtin_schema(_KIND), given)
    own = scale.get("metadata") or {}
    if own.get("name") and own["name"] != name:
        raise bad_request(f"the name of the object ({own['name']}) does not match the name on the URL ({name})")
    if own.get("uid") and own["uid"] != entry.obj["metadata"]["uid"]:
        why = f"Precondition failed: UID in precondition: {own['uid']}, UID in object meta: {entry.obj['metadata']['uid']}"
        raise conflict(resource.plural, resource.group, name, why)
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    if replicas < 0:
        cause = bad_value("spec.replicas", replicas, "must be greater than or equal to 0")
        raise invalid("Scale", "autoscaling", name, [cause])
    obj = clone(server.from_storage(resource, entry.obj))
    _put(obj, _paths(resource)[0], replicas)
    obj["metadata"]["resourceVersion"] = own.get("resourceVersion") or entry.obj["metadata"]["resourceVersion"]
    if resource.custom:
        options.managed = obj["metadata"].get("managedFields") or []  # Of a custom resource the server notes no scale manager.
    done = writes.update(server, resource, entry, obj, options)
    return _scale(resource, done.obj, strict=False)


def replace(server: Core, resource: Resource, namespace: str, name: str, body: Obj, options: WriteOptions) -> Obj:
    """PUT."""
    return _write(server, resource, _entry(server, resource, namespace, name), body, options)


def patch(server: Core, resource: Resource, namespace: str, name: str, media: str, body: Any, options: WriteOptions) -> Obj:
    """PATCH."""
    entry = _entry(server, resource, namespace, name)
    now = _scale(resource, entry.obj, strict=False)
    made = patches.merge(now, body) if media in (patches.APPLY, patches.STRATEGIC) else patches.patched(resource, now, media, body)
    return _write(server, resource, entry, made, options)
