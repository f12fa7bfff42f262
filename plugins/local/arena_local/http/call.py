"""One request on a resource: its target, its form and its body."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from arena_local.http import bodies
from arena_local.http.negotiate import JSON, MEDIA, Form, choose, not_acceptable, require
from arena_local.http.paths import Target
from arena_local.http.shared import Shared
from arena_local.server.registry import Resource, version_order

_ENDPOINTS = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"


class Call:
    """One request on a resource, with what its handlers share."""

    def __init__(self, shared: Shared, request: web.Request, resource: Resource, target: Target) -> None:
        self.shared = shared
        self.api: Any = shared.api
        self.request = request
        self.resource = resource
        self.target = target
        self.namespace = target.namespace if resource.namespaced else ""
        self.name = target.name
        self.warnings: list[str] = []
        deprecated = resource.crd_version.get("deprecated")
        if deprecated:
            text = f"{resource.api_version} {resource.kind} is deprecated"
            self.warnings.append(resource.crd_version.get("deprecationWarning") or _successor(resource, text))
        elif resource.storage_id == "endpoints":
            self.warnings.append(_ENDPOINTS)
        self.form = self._form()

    def _form(self) -> Form:
        accept = self.request.headers.get("Accept", "")
        if not self.resource.custom:
            listing = self.request.method == "GET" and not self.target.name
            require(accept, *MEDIA, *((f"{JSON};stream=watch",) if listing else ()))
        form = choose(accept)
        if form is None or (form.protobuf_only and self.resource.custom):
            raise not_acceptable()
        return Form() if form.protobuf_only else form

    async def body(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return the object of the request, and the keys that stood twice."""
        data = await bodies.read(self.request)
        media = self.request.headers.get("Content-Type", "")
        return bodies.read_object(data, media, self.resource.kind, needs_kind=self.resource.custom)


def _successor(resource: Resource, text: str) -> str:
    """Name the newer version that is not deprecated, as the server does."""
    names = [item["name"] for item in resource.crd_versions if item.get("served") and not item.get("deprecated")]
    newer = sorted((name for name in names if version_order(name) < version_order(resource.version)), key=version_order)
    return f"{text}; use {resource.group}/{newer[0]} {resource.kind}" if newer else text
