"""PATCH in all its forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from arena_local.api import writes
from arena_local.api.copies import clone
from arena_local.api.errors import Refusal, bad_request, not_found
from arena_local.api.intake import check_kind, intake, strict_patch
from arena_local.api.options import WriteOptions
from arena_local.api.registry import Resource
from arena_local.store import Entry

if TYPE_CHECKING:
    from arena_local.api.server import ApiServer

Obj = dict[str, Any]
MERGE = "application/merge-patch+json"
JSON = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
_CUSTOM = (JSON, MERGE, APPLY)


def check_media(resource: Resource, media: str) -> None:
    """Refuse a kind of patch that the resource does not take."""
    if media in (JSON, MERGE, APPLY) or (media == STRATEGIC and not resource.custom):
        return
    if resource.custom or media == "application/apply-patch+cbor":
        text = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(_CUSTOM)
        raise Refusal(415, "UnsupportedMediaType", text)
    raise Refusal(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def read_patch(data: bytes, media: str, parse_json: Callable[[bytes], Any], parse_yaml: Callable[[bytes], Any]) -> Any:
    """Return the patch document; raises 400."""
    try:
        return parse_yaml(data) if media == APPLY else parse_json(data)[0]
    except Exception as error:
        raise bad_request(f"error decoding patch: {error}") from None


def merge(target: Any, patch: Any) -> Any:
    """Return RFC 7386's merge of a patch into a copy of the target."""
    if not isinstance(patch, dict):
        return clone(patch)
    out = clone(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merge(out.get(key), value)
    return out


def patch(
    server: ApiServer, resource: Resource, namespace: str, name: str, kind: str, body: Any, options: WriteOptions
) -> tuple[Entry, bool]:
    """Patch; returns the object and whether it was created."""
    current = server.store.get(resource.storage_id, namespace if resource.namespaced else "", name)
    if current is None:
        raise not_found(resource.plural, resource.group, name)
    old = server.from_storage(resource, current.obj)
    if not isinstance(body, dict):
        raise bad_request("error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}")
    made = merge(old, body)
    check_kind(resource, made, name)
    obj, unknown = intake(resource, made)
    strict_patch(made, unknown, options)
    writes.place(resource, namespace, obj["metadata"])
    return writes.update(server, resource, current, obj, options), False
