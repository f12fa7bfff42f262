"""openapi v2: what kubectl checks lists and kinds against that it does not find in v3. As JSON, and as the message that kubectl reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from aiohttp import web

from arena_local.http.negotiate import JSON, names_any
from arena_local.http.openapi_schemas import crd_name, crd_schema_v2
from arena_local.http.respond import raw_answer
from arena_local.http.shared import Shared
from arena_local.http.wire import field, number_field
from arena_local.server.schema import raw_definitions
from arena_local.store.entry import encode

Obj = dict[str, Any]
#: Two spellings of one format: the first is a valid media type, the second is what older clients ask for.
_PROTOBUF = (
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
)
#: Number of each text, number and flag in ``openapi_v2.Schema`` (github.com/google/gnostic).
_TEXTS = {"$ref": 1, "format": 2, "title": 3, "description": 4}
_KINDS = "x-kubernetes-group-version-kind"


def _builtin(raw: Mapping[str, Any]) -> Obj:
    """Return a built-in definition as v2 says it."""
    if "$ref" in raw:
        return {"$ref": f"#/definitions/{raw['$ref']}"}
    if raw.get("x-arena") == "int-or-string":
        return {"type": "string", "format": "int-or-string"}
    if raw.get("x-arena") == "quantity":
        return {"type": "string", "format": "quantity"}
    out: Obj = {key: value for key, value in raw.items() if key in ("type", "format", "required") or key.startswith("x-kubernetes")}
    if isinstance(raw.get("properties"), Mapping):
        out["properties"] = {name: _builtin(child) for name, child in raw["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(raw.get(key), Mapping):
            out[key] = _builtin(raw[key])
    return out


def document(shared: Shared) -> Obj:
    """Return the document: the definitions of every kind that is served; paths are v3's business."""
    definitions = {name: _builtin(raw) for name, raw in raw_definitions().items()}
    for resource in shared.api.registry.all():
        if resource.custom:
            definitions[crd_name(resource)] = crd_schema_v2(resource)
        elif resource.definition in definitions:
            kind = {"group": resource.group, "kind": resource.kind, "version": resource.version}
            definitions[resource.definition][_KINDS] = [kind]
    return {"swagger": "2.0", "info": {"title": "Kubernetes", "version": "unversioned"}, "paths": {}, "definitions": definitions}


def _named(name: str, value: bytes) -> bytes:
    return field(1, name) + field(2, value)


def _parts(schema: Mapping[str, Any]) -> Iterator[bytes]:
    for key, number in _TEXTS.items():
        if isinstance(schema.get(key), str):
            yield field(number, schema[key])
    for name in schema.get("required") or ():
        yield field(19, name)
    more = schema.get("additionalProperties")
    if isinstance(more, Mapping):
        yield field(21, field(1, _schema(more)))
    elif isinstance(more, bool):
        yield field(21, number_field(2, more))
    if isinstance(schema.get("type"), str):
        yield field(22, field(1, schema["type"]))
    if isinstance(schema.get("items"), Mapping):
        yield field(23, field(1, _schema(schema["items"])))
    if schema.get("properties"):
        yield field(25, b"".join(field(1, _named(name, _schema(child))) for name, child in schema["properties"].items()))
    for key, value in schema.items():
        if key.startswith("x-"):
            yield field(31, _named(key, field(2, json.dumps(value))))


def _schema(schema: Mapping[str, Any]) -> bytes:
    return b"".join(_parts(schema))


def to_protobuf(found: Mapping[str, Any]) -> bytes:
    """Encode a document as ``openapi_v2.Document``."""
    info = field(1, found["info"]["title"]) + field(2, found["info"]["version"])
    definitions = b"".join(field(1, _named(name, _schema(schema))) for name, schema in found["definitions"].items())
    return field(1, found["swagger"]) + field(2, info) + field(8, b"") + field(9, definitions)


@lru_cache(maxsize=2)
def _made(shared: Shared, changes: int, protobuf: bool) -> bytes:
    return to_protobuf(document(shared)) if protobuf else encode(document(shared))


def answer(shared: Shared, request: web.Request) -> web.StreamResponse:
    """Answer ``/openapi/v2``; 406 with nothing said, as a real server does."""
    accept = request.headers.get("Accept", "")
    changes = shared.api.registry.changes
    first = next(
        (media for media in (part.partition(";")[0].strip() for part in accept.split(",")) if media in (JSON, "*/*", *_PROTOBUF)), ""
    )
    if first in _PROTOBUF:
        return raw_answer(request, _made(shared, changes, protobuf=True), media=_PROTOBUF[0])
    if names_any(accept, (JSON, "application/*")):
        return raw_answer(request, _made(shared, changes, protobuf=False))
    return web.Response(status=406)
