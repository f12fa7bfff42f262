"""openapi v3: an index and one document per group and version."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from aiohttp import web

from arena_local.http import openapi_v2
from arena_local.http.openapi_schemas import Components, crd_name, crd_schema
from arena_local.http.respond import answer as reply
from arena_local.server.registry import Resource

if TYPE_CHECKING:
    from arena_local.http.shared import Shared

Obj = dict[str, Any]
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_TEXT = {"type": "string", "uniqueItems": True}
_FLAG = {"type": "boolean", "uniqueItems": True}
_WRITE = ("dryRun", "fieldManager", "fieldValidation")
#: Verb of the resource -> HTTP method, word of the operation, query parameters.
_ITEM = {
    "get": ("get", "read", ("resourceVersion",)),
    "update": ("put", "replace", _WRITE),
    "delete": ("delete", "delete", ("dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy")),
    "patch": ("patch", "patch", (*_WRITE, "force")),
}
_LIST = ("allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "timeoutSeconds", "watch")
_COLLECTION = {
    "list": ("get", "list", _LIST),
    "create": ("post", "create", _WRITE),
    "deletecollection": ("delete", "deleteCollection", ("dryRun", "fieldSelector", "labelSelector", "propagationPolicy")),
}
_FLAGS = frozenset({"force", "watch", "allowWatchBookmarks", "orphanDependents"})
_NUMBERS = frozenset({"limit", "timeoutSeconds", "gracePeriodSeconds"})
_WORDS = {"read": "read the specified", "replace": "replace the specified", "delete": "delete a", "patch": "partially update the specified"}


def _parameter(name: str) -> Obj:
    schema = _FLAG if name in _FLAGS else {"type": "integer", "uniqueItems": True} if name in _NUMBERS else _TEXT
    return {"name": name, "in": "query", "schema": schema}


def _path_parameter(name: str) -> Obj:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _schema_name(resource: Resource) -> str:
    return crd_name(resource) if resource.custom else resource.definition


def _content(name: str, *, protobuf: bool) -> Obj:
    schema = {"schema": {"$ref": f"#/components/schemas/{name}"}}
    media = ["application/json", *(["application/vnd.kubernetes.protobuf"] if protobuf else []), "application/yaml"]
    return dict.fromkeys(media, schema)


def _operation(resource: Resource, verb: str, method: str, word: str, parameters: tuple[str, ...]) -> Obj:
    name, kind = _schema_name(resource), resource.kind
    shown = _META + "Status" if verb in ("delete", "deletecollection") else name
    responses: Obj = {"200": {"description": "OK", "content": _content(shown, protobuf=not resource.custom)}}
    if verb in ("create", "update") or (verb == "patch" and not resource.custom):
        responses["201"] = {"description": "Created", "content": _content(shown, protobuf=not resource.custom)}
    responses["401"] = {"description": "Unauthorized"}
    found: Obj = {
        "tags": [_tag(resource)],
        "description": f"{_WORDS.get(word, word)} {kind}",
        "operationId": f"{word}{_camel(resource)}{'Namespaced' if resource.namespaced else ''}{kind}",
        "parameters": [_parameter(item) for item in parameters],
        "responses": responses,
        "x-kubernetes-action": method if verb not in ("list", "deletecollection") else verb,
        "x-kubernetes-group-version-kind": {"group": resource.group, "version": resource.version, "kind": kind},
    }
    if verb == "patch":
        kinds = ["apply-patch+yaml", "json-patch+json", "merge-patch+json", *([] if resource.custom else ["strategic-merge-patch+json"])]
        schema = {"schema": {"$ref": f"#/components/schemas/{_META}Patch"}}
        found["requestBody"] = {"content": {f"application/{item}": schema for item in kinds}, "required": True}
    elif verb in ("create", "update"):
        body = {"*/*": {"schema": {"$ref": f"#/components/schemas/{name}"}}} if not resource.custom else _content(name, protobuf=False)
        found["requestBody"] = {"content": body, "required": True}
    return found


def _tag(resource: Resource) -> str:
    parts = (resource.group or "core").removesuffix(".k8s.io").split(".") if not resource.custom else resource.group.split(".")
    return parts[0] + "".join(part[:1].upper() + part[1:] for part in parts[1:]) + f"_{resource.version}"


def _camel(resource: Resource) -> str:
    tag = _tag(resource).rpartition("_")[0]
    return tag[:1].upper() + tag[1:] + resource.version[:1].upper() + resource.version[1:]


def _paths(resource: Resource) -> Obj:
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else "/api/v1"
    place = f"{root}/namespaces/{{namespace}}/{resource.plural}" if resource.namespaced else f"{root}/{resource.plural}"
    common = ([_path_parameter("namespace")] if resource.namespaced else []) + [_parameter("pretty")]
    collection: Obj = {"parameters": common}
    item: Obj = {"parameters": [_path_parameter("name"), *common]}
    for verb, (method, word, parameters) in _COLLECTION.items():
        if verb in resource.verbs:
            collection[method] = _operation(resource, verb, method, word, parameters)
    for verb, (method, word, parameters) in _ITEM.items():
        if verb in resource.verbs:
            item[method] = _operation(resource, verb, method, word, parameters)
    found = {place: collection}
    if len(item) > 1:
        found[place + "/{name}"] = item
    if resource.sub("status"):
        verbs = {verb: what for verb, what in _ITEM.items() if verb != "delete"}
        found[place + "/{name}/status"] = {
            "parameters": item["parameters"],
            **{method: _operation(resource, verb, method, word, names) for verb, (method, word, names) in verbs.items()},
        }
    return found


def document(shared: Shared, group: str, version: str) -> Obj | None:
    """Return the v3 document of a group and version."""
    resources = shared.api.registry.of(group, version)
    if not resources:
        return None
    components = Components()
    for name in ("ObjectMeta", "ListMeta", "Status", "DeleteOptions", "Patch"):
        components.add(_META + name)
    paths: Obj = {}
    for resource in resources:
        paths |= _paths(resource)
        if resource.custom:
            components.schemas[crd_name(resource)] = crd_schema(resource)
        else:
            components.add(resource.definition)
    title = "Kubernetes CRD Swagger" if resources[0].custom else "Kubernetes"
    info = {"title": title, "version": "v0.1.0" if resources[0].custom else "unversioned"}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": components.schemas}}


def _index(shared: Shared) -> Obj:
    stamp = hashlib.sha256(str(shared.api.registry.changes).encode()).hexdigest()[:16]
    names = ["api", "version", "apis", "api/v1"]
    names += [f"apis/{group}/{version}" for group, versions in shared.api.registry.groups().items() for version in versions]
    return {"paths": {name: {"serverRelativeURL": f"/openapi/v3/{name}?hash={stamp.upper()}{shared.started}"} for name in names}}


def answer(shared: Shared, request: web.Request, parts: list[str]) -> web.StreamResponse | None:
    """Answer a path below /openapi."""
    if parts == ["v2"]:
        return openapi_v2.answer(shared, request)
    if parts == ["v3"]:
        response = reply(request, _index(shared))
        response.headers["Content-Type"] = "text/plain; charset=utf-8"
        return response
    if parts[:1] != ["v3"]:
        return None
    found = None
    if parts[1:] in (["api"], ["apis"], ["version"]):
        found = {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "unversioned"}, "paths": {}}
    elif parts[1:] == ["api", "v1"]:
        found = document(shared, "", "v1")
    elif len(parts) == 4 and parts[1] == "apis":
        found = document(shared, parts[2], parts[3])
    return reply(request, found) if found is not None else web.Response(status=404)
