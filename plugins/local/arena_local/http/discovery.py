"""Discovery: the legacy documents and the aggregated ones."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from arena_local.http import usage
from arena_local.http.negotiate import MEDIA, choose, not_acceptable, plain_form, require
from arena_local.http.respond import answer as reply
from arena_local.http.respond import not_found_page
from arena_local.http.shared import Shared
from arena_local.server.builtin import KNOWN_GROUPS
from arena_local.server.errors import no_such_resource
from arena_local.server.registry import Resource

Obj = dict[str, Any]
_V2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def _group(name: str, versions: list[str]) -> Obj:
    rows = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": rows, "preferredVersion": rows[0]}


def _resource_rows(resource: Resource) -> list[Obj]:
    row: Obj = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short:
        row["shortNames"] = list(resource.short)
    if resource.categories:
        row["categories"] = list(resource.categories)
    if "get" in resource.verbs:
        row["storageVersionHash"] = resource.storage_hash
    rows = [row]
    for name, kind, group, version, verbs in resource.subs:
        sub: Obj = {"name": f"{resource.plural}/{name}", "singularName": "", "namespaced": resource.namespaced}
        if group:
            sub |= {"group": group, "version": version}
        rows.append({**sub, "kind": kind or resource.kind, "verbs": list(verbs)})
    return rows


def resource_list(shared: Shared, group: str, version: str) -> Obj | None:
    """Return the legacy document of one group and version."""
    resources = shared.api.registry.of(group, version)
    if not resources:
        return None
    document: Obj = {"kind": "APIResourceList"}
    if group:
        document["apiVersion"] = "v1"
    document["groupVersion"] = f"{group}/{version}" if group else version
    document["resources"] = [row for resource in resources for row in _resource_rows(resource)]
    return document


def _discovered(resource: Resource) -> Obj:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    if not resource.custom:
        kind = {"group": "", "version": "", "kind": resource.kind}
    row: Obj = {
        "resource": resource.plural,
        "responseKind": kind,
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short:
        row["shortNames"] = list(resource.short)
    if resource.categories:
        row["categories"] = list(resource.categories)
    subs = []
    for name, sub_kind, group, version, verbs in resource.subs:
        shown = {"group": group, "version": version, "kind": sub_kind or resource.kind}
        if resource.custom and not group:
            shown = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        subs.append({"subresource": name, "responseKind": shown, "verbs": list(verbs)})
    if subs:
        row["subresources"] = subs
    return row


def _aggregated(shared: Shared, groups: dict[str, list[str]]) -> Obj:
    items = []
    for group, versions in groups.items():
        if group == usage.GROUP:
            items.append(usage.aggregated())
            continue
        rows = [
            {"version": version, "resources": [_discovered(r) for r in shared.api.registry.of(group, version)], "freshness": "Current"}
            for version in versions
        ]
        items.append({"metadata": {"name": group, "creationTimestamp": None} if group else {"creationTimestamp": None}, "versions": rows})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _measures(shared: Shared) -> bool:
    """Whether there is a kubelet, which measures what pods use."""
    return shared.context.pods is not None


def _served(shared: Shared) -> dict[str, list[str]]:
    """Return the groups with their versions: those of the registry, and the one that holds no objects."""
    return {**shared.api.registry.groups(), **({usage.GROUP: [usage.VERSION]} if _measures(shared) else {})}


def _wants_aggregated(request: web.Request) -> bool | None:
    """Return whether the first acceptable form is the aggregated one; None when no form is."""
    for part in request.headers.get("Accept", "*/*").split(","):
        media, *parameters = [piece.strip() for piece in part.split(";")]
        given = dict(piece.split("=", 1) for piece in parameters if "=" in piece)
        if given.get("as") == "APIGroupDiscoveryList" and given.get("g") == "apidiscovery.k8s.io":
            if given.get("v") == "v2" and media in ("application/json", "*/*"):
                return True
            continue
        if choose(part, ()) is not None:
            return False
    return None


def answer(shared: Shared, request: web.Request, path: str) -> web.StreamResponse:
    """Answer a discovery path; anything else is not found."""
    parts = path.strip("/").split("/")
    if parts in (["api"], ["apis"]):
        return _roots(shared, request, parts[0])
    document = _document(shared, parts)
    if document is not None:
        accept = request.headers.get("Accept", "")
        if parts[0] == "api" or parts[1] in KNOWN_GROUPS:
            require(accept, *MEDIA)
        return reply(request, document, media=plain_form(accept).media)
    if len(parts) > 1 and (parts[0] == "api" or (parts[0] == "apis" and len(parts) > 2 and parts[1] in KNOWN_GROUPS)):
        raise no_such_resource()
    return not_found_page()


def _document(shared: Shared, parts: list[str]) -> Obj | None:
    """Return the document of a group or of one of its versions."""
    if parts == ["apis", usage.GROUP, usage.VERSION] and _measures(shared):
        return usage.documents()
    if parts == ["api", "v1"]:
        return resource_list(shared, "", "v1")
    if parts[0] == "apis" and len(parts) == 3:
        return resource_list(shared, parts[1], parts[2])
    if parts[0] == "apis" and len(parts) == 2:
        versions = _served(shared).get(parts[1])
        if versions:
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(parts[1], versions)}
    return None


def _roots(shared: Shared, request: web.Request, root: str) -> web.StreamResponse:
    aggregated = _wants_aggregated(request)
    if aggregated is None:
        raise not_acceptable()
    groups = _served(shared)
    if aggregated:
        document = _aggregated(shared, {"": ["v1"]} if root == "api" else groups)
        response = reply(request, document)
        response.headers["Content-Type"] = _V2
        return response
    media = plain_form(request.headers.get("Accept", "")).media
    if root == "api":
        where = [{"clientCIDR": "0.0.0.0/0", "serverAddress": request.host}]
        return reply(request, {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": where}, media=media)
    rows = [_group(name, versions) for name, versions in groups.items()]
    return reply(request, {"kind": "APIGroupList", "apiVersion": "v1", "groups": rows}, media=media)


__all__ = ["KNOWN_GROUPS", "answer", "resource_list"]
