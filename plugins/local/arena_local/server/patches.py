"""PATCH in all its forms."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from arena_core.k8s import time
from arena_core.k8s.copies import clone
from arena_core.k8s.jsonpatch import PatchFailed, apply_json_patch
from arena_local.server import apply as ssa
from arena_local.server import writes
from arena_local.server.errors import Refusal, bad_request, conflict, not_found
from arena_local.server.intake import check_kind, intake, strict_patch
from arena_local.server.managed import write_managers
from arena_local.server.options import WriteOptions
from arena_local.server.registry import Resource
from arena_local.server.strategic import strategic_merge
from arena_local.store import Entry

if TYPE_CHECKING:
    from arena_local.server.core import Core

Obj = dict[str, Any]
MERGE = "application/merge-patch+json"
JSON = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
_CUSTOM = (JSON, MERGE, APPLY)
_GO_MAP = "map[string]interface {}"


def check_media(resource: Resource, media: str) -> None:
    """Refuse a kind of patch that the resource does not take."""
    if media in (JSON, MERGE, APPLY) or (media == STRATEGIC and not resource.custom):
        return
    if resource.custom or media == "application/apply-patch+cbor":
        text = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(_CUSTOM)
        raise Refusal(415, "UnsupportedMediaType", text)
    raise Refusal(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def read_patch(data: bytes, media: str, parse_json: Callable[[bytes], Any], parse_yaml: Callable[[bytes], Any], *, strict: bool) -> Any:
    """Return the patch document; raises 400."""
    if media == APPLY:
        return _read_yaml(data, parse_yaml, strict=strict)
    try:
        value = parse_json(data)[0]
    except (ValueError, RecursionError) as error:
        raise bad_request(f"error decoding patch: {_go_json_error(error, data)}") from None
    if media == JSON:
        if not isinstance(value, list):
            raise bad_request(f"error decoding patch: json: cannot unmarshal {_kind(value)} into Go value of type []handlers.jsonPatchOp")
    elif not isinstance(value, dict):
        raise bad_request(f"error decoding patch: json: cannot unmarshal {_kind(value)} into Go value of type {_GO_MAP}")
    return value


def _kind(value: Any) -> str:
    return {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}.get(type(value), "null")


def _go_json_error(error: Exception, data: bytes) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    text = error.doc[error.pos :]
    if not text:
        return "unexpected end of JSON input"
    for word in ("null", "true", "false"):
        at = next((i for i, sign in enumerate(word) if text[i : i + 1] != sign), len(word))
        if text[0] == word[0] and 0 < at < len(word) and len(text) > at:
            return f"invalid character '{text[at]}' in literal {word} (expecting '{word[at]}')"
    return f"invalid character '{text[0]}' looking for beginning of value"


def _read_yaml(data: bytes, parse_yaml: Callable[[bytes], Any], *, strict: bool) -> Any:
    try:
        value = parse_yaml(data)
    except Exception as error:
        raise bad_request(f"error decoding YAML: error converting YAML to JSON: {_go_yaml_error(error)}") from None
    if not isinstance(value, dict):
        text = f"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {_kind(value)} into Go value of type {_GO_MAP}"
        raise bad_request(f"error decoding YAML: {text}")
    if strict and (repeated := getattr(value, "repeated_key", None)):
        line, key = repeated
        text = f'yaml: unmarshal errors:\n  line {line}: key "{key}" already set in map'
        raise bad_request(f"error strict decoding YAML: error converting YAML to JSON: {text}")
    return value


def _go_yaml_error(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", error) or error)
    return f"yaml: line {mark.line or 1}: {problem}" if mark is not None else f"yaml: {problem}"


def merge(target: Any, patch: Any) -> Any:
    """Return RFC 7386's merge of a patch; the target is not changed."""
    if not isinstance(patch, dict):
        return clone(patch)
    out = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merge(out.get(key), value)
    return out


def patched(resource: Resource, old: Obj, media: str, body: Any) -> Obj:
    """Return the object that a patch makes of the old one."""
    if media == JSON:
        try:
            made = apply_json_patch(old, body)
        except PatchFailed:
            text = "the server rejected our request due to an error in our request"
            raise Refusal(422, "Invalid", text, {}) from None
    elif media == STRATEGIC:
        made = strategic_merge(resource.schema, old, body)
    else:
        made = merge(old, body)
    if not isinstance(made, dict):
        raise bad_request("the patched object is no object")
    return made


def patch(server: Core, resource: Resource, namespace: str, name: str, media: str, body: Any, options: WriteOptions) -> tuple[Entry, bool]:
    """Patch; returns the object and whether it was created."""
    namespace = namespace if resource.namespaced else ""
    current = server.store.get(resource.storage_id, namespace, name)
    if media == APPLY:
        return _apply(server, resource, namespace, name, current, body, options)
    if current is None:
        raise not_found(resource.plural, resource.group, name)
    old = server.from_storage(resource, current.obj)
    made = patched(resource, old, media, body)
    _check_identity(resource, made, old, namespace, name)
    obj, unknown = intake(resource, made)
    strict_patch(made, unknown, options)
    if resource.custom and not obj["metadata"].get("resourceVersion"):
        raise writes.needs_version(resource, name)
    return writes.update(server, resource, current, obj, options), False


def _check_identity(resource: Resource, made: Obj, old: Obj, namespace: str, name: str) -> None:
    own = made.get("metadata")
    if isinstance(own, dict):
        given = own.get("name")
        if given and given != name:
            raise bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")
        if own.get("namespace") and own["namespace"] != namespace and resource.namespaced:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    if (made.get("kind"), made.get("apiVersion")) != (old["kind"], old["apiVersion"]):
        if resource.custom:
            raise writes.wrong_kind(resource, made, name)
        check_kind(resource, made, name)


def _apply(
    server: Core, resource: Resource, namespace: str, name: str, current: Entry | None, body: Obj, options: WriteOptions
) -> tuple[Entry, bool]:
    own = body.get("metadata")
    own = dict(own) if isinstance(own, dict) else {}
    if not body.get("kind") or not body.get("apiVersion"):
        raise bad_request("invalid object type: /, Kind=")
    check_kind(resource, body, name)
    if not own.get("name"):
        raise bad_request(f"the name of the object ({name} based on URL) was undeterminable: name must be provided")
    if own["name"] != name:
        raise bad_request(f"the name of the object ({own['name']}) does not match the name on the URL ({name})")
    if "managedFields" in own:
        raise bad_request("metadata.managedFields must be nil")
    if resource.namespaced and own.get("namespace") not in (None, "", namespace):
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    if current is None and options.subresource:
        raise not_found(resource.plural, resource.group, name)
    given = {**body, "metadata": own}
    live = server.from_storage(resource, current.obj) if current is not None else None
    if live is None and own.get("uid"):
        why = f"uid mismatch: the provided object specified uid {own['uid']}, and no existing object was found"
        raise conflict(resource.plural, resource.group, name, why)
    given = _visible(resource, given, options.subresource)
    now = time.text(server.now())
    made, managers = ssa.apply(resource, live, given, options.manager, subresource=options.subresource, force=options.force, now=now)
    obj, unknown = intake(resource, made)
    strict_patch(made, unknown, options)
    options.managed = write_managers(managers)
    if current is None:
        obj["metadata"].pop("resourceVersion", None)
        return writes.create_decoded(server, resource, namespace, obj, options), True
    if not own.get("resourceVersion"):
        obj["metadata"]["resourceVersion"] = current.obj["metadata"]["resourceVersion"]
    return writes.update(server, resource, current, obj, options), False


def _visible(resource: Resource, given: Obj, subresource: str) -> Obj:
    """Return what of an applied object the endpoint writes, so that nothing else is owned."""
    if subresource == "status":
        return {key: value for key, value in given.items() if key in ("apiVersion", "kind", "metadata", "status")}
    if resource.has_status:
        return {key: value for key, value in given.items() if key != "status"}
    return given
