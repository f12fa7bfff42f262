"""Objects and lists in the form that the client asked for: as they are, as a Table, or metadata only."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from arena_local.http.call import Call
from arena_local.http.pieces import Pieces, pieces_answer
from arena_local.http.respond import answer, raw_answer
from arena_local.server.errors import Refusal, bad_request
from arena_local.server.options import Page
from arena_local.server.tables import table_of
from arena_local.store import Entry
from arena_local.store.entry import encode

Obj = dict[str, Any]


def raw_item(call: Call, entry: Entry) -> bytes:
    """Return an object's JSON in the version of the path."""
    stored = entry.obj
    obj = call.api.from_storage(call.resource, stored)
    return entry.raw if obj is stored else encode(obj)


def partial(obj: Obj) -> Obj:
    """Return an object's metadata alone."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def include_object(call: Call) -> str:
    """Return what a Table's rows carry; raises 400."""
    given = call.request.query.get("includeObject", "")
    if given not in ("", "None", "Metadata", "Object"):
        text = f"includeObject: Invalid value: \"{given}\": must be 'Metadata', 'Object', 'None', or empty"
        raise bad_request(f"Unable to convert to Table as requested: {text}")
    return given or "Metadata"


def one(call: Call, entry: Entry, status: int = 200) -> web.Response:
    """Answer one object."""
    kind = call.form.transform
    if kind == "Table":
        table = table_of(call.api, call.resource, [entry], entry.obj["metadata"].get("resourceVersion", ""), include_object(call))
        return answer(call.request, table, status=status, warnings=call.warnings)
    if kind == "PartialObjectMetadata":
        return answer(call.request, partial(entry.obj), status=status, warnings=call.warnings)
    if kind == "PartialObjectMetadataList":
        if call.resource.custom:
            raise Refusal(500, "", "content is not a list")
        name = f"*{call.resource.group or 'core'}.{call.resource.kind}"
        raise Refusal(406, "NotAcceptable", f"you requested PartialObjectMetadataList, but the requested object is not a list ({name})")
    if call.form.media == "application/yaml":
        obj = call.api.from_storage(call.resource, entry.obj)
        return answer(call.request, obj, status=status, media="application/yaml", warnings=call.warnings)
    return raw_answer(call.request, raw_item(call, entry), status=status, warnings=call.warnings)


def list_meta(call: Call, page: Page) -> Obj:
    """Return the metadata of a list."""
    meta: Obj = {"resourceVersion": str(page.revision)}
    if page.cont or call.resource.custom:
        meta["continue"] = page.cont
    if page.remaining is not None:
        meta["remainingItemCount"] = page.remaining
    return meta


def page(call: Call, found: Page) -> web.Response:
    """Answer a list."""
    kind, resource = call.form.transform, call.resource
    if kind == "Table":
        table = table_of(call.api, resource, found.entries, str(found.revision), include_object(call))
        table["metadata"] = {key: value for key, value in list_meta(call, found).items() if value != ""}
        return answer(call.request, table, warnings=call.warnings)
    if kind == "PartialObjectMetadata":
        kind = "*unstructured.UnstructuredList" if resource.custom else f"*{resource.group or 'core'}.{resource.list_kind}"
        text = f"you requested PartialObjectMetadata, but the requested object is a list ({kind})"
        raise Refusal(406, "NotAcceptable", text)
    meta = list_meta(call, found)
    if kind == "PartialObjectMetadataList":
        items = [partial(entry.obj) for entry in found.entries]
        meta = {key: value for key, value in meta.items() if value != ""}
        return answer(
            call.request, {"kind": kind, "apiVersion": "meta.k8s.io/v1", "metadata": meta, "items": items}, warnings=call.warnings
        )
    head = {"kind": resource.list_kind, "apiVersion": resource.api_version, "metadata": meta}
    if call.form.media == "application/yaml":
        strip = () if resource.custom else ("kind", "apiVersion")
        items = [{k: v for k, v in call.api.from_storage(resource, e.obj).items() if k not in strip} for e in found.entries]
        return answer(call.request, {**head, "items": items}, media="application/yaml", warnings=call.warnings)
    return pieces_answer(call.request, _pieces(call, found, encode(head)[:-1] + b',"items":['), warnings=call.warnings)


def _pieces(call: Call, found: Page, head: bytes) -> Pieces:
    """Return a list as pieces: each item as it is stored, where that is the version of the path."""
    resource, version = call.resource, call.resource.api_version
    items = [entry.raw if entry.obj.get("apiVersion") == version else raw_item(call, entry) for entry in found.entries]
    if resource.custom:
        return Pieces(head, b"{", items, b"]}")
    # Items of built-in lists carry neither kind nor apiVersion; both stand first in what is stored.
    prefix = encode({"kind": resource.kind, "apiVersion": version})[:-1] + b","
    for index, raw in enumerate(items):
        if not raw.startswith(prefix):
            items[index] = prefix + encode({key: value for key, value in json.loads(raw).items() if key not in ("kind", "apiVersion")})[1:]
    return Pieces(head, prefix, items, b"]}")
