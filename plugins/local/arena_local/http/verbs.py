"""The verbs of a resource over HTTP."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from arena_local.http import bodies, forms, query
from arena_local.http.call import Call
from arena_local.http.paths import Target
from arena_local.http.respond import answer as reply
from arena_local.http.respond import not_found_page, raw_answer
from arena_local.http.shared import Shared
from arena_local.http.stream import stream_watch
from arena_local.sdk.bundle import ApiError
from arena_local.server import deletes, lists, patches, reviews, scale, subresources, writes
from arena_local.server.errors import Refusal, bad_request, method_not_allowed, no_such_resource, not_found, qualified
from arena_local.server.options import ListOptions, Page
from arena_local.server.registry import Resource
from arena_local.store import Entry


async def answer(shared: Shared, request: web.Request, resource: Resource, target: Target) -> web.StreamResponse:
    """Answer a request on a resource."""
    call = Call(shared, request, resource, target)
    try:
        if target.subresource:
            return await _subresource(call)
        if request.method == "HEAD":  # no verb of a resource
            raise method_not_allowed()
        if target.watch:
            return await stream_watch(call, query.list_options(request, watch=True))
        handler = (_ITEM if target.name else _COLLECTION).get(request.method)
        if handler is None:
            raise method_not_allowed()
        return await handler(call)
    except ApiError as error:
        error.warnings = call.warnings  # type: ignore[attr-defined]
        raise


def _needs(call: Call, verb: str) -> None:
    if verb not in call.resource.verbs:
        raise method_not_allowed()


async def _list(call: Call) -> web.StreamResponse:
    _needs(call, "list")
    options = query.list_options(call.request)
    if options.watch:
        return await stream_watch(call, options)
    page = lists.list_page(call.api, call.resource, call.namespace, options)
    return forms.page(call, page)


async def _get(call: Call) -> web.StreamResponse:
    _needs(call, "get")
    wanted = lists.parse_version(call.request.query.get("resourceVersion", ""))
    if wanted > call.api.store.revision:
        raise lists.too_new(wanted, call.api.store.revision)
    entry = call.api.store.get(call.resource.storage_id, call.namespace, call.name)
    if entry is None:
        raise not_found(call.resource.plural, call.resource.group, call.name)
    return forms.one(call, entry)


async def _create(call: Call) -> web.StreamResponse:
    resource = call.resource
    _needs(call, "create")
    if call.name and not resource.custom:
        raise method_not_allowed()
    if resource.namespaced and not call.namespace:
        return not_found_page() if resource.custom else _raise(method_not_allowed())
    options = query.write_options(call.request, "CreateOptions")
    options.warnings = call.warnings
    body, options.duplicates = await call.body()
    if "get" not in resource.verbs:
        return reply(call.request, reviews.review(call.api, resource, call.namespace, body), status=201, warnings=call.warnings)
    entry = writes.create(call.api, resource, call.namespace, body, options)
    return forms.one(call, entry, 201)


def _raise(error: Exception) -> web.StreamResponse:
    raise error


async def _replace(call: Call) -> web.StreamResponse:
    _needs(call, "update")
    options = query.write_options(call.request, "UpdateOptions")
    options.warnings = call.warnings
    body, options.duplicates = await call.body()
    options.subresource = call.target.subresource
    entry, created = writes.replace(call.api, call.resource, call.namespace, call.name, body, options)
    return forms.one(call, entry, 201 if created else 200)


async def _patch(call: Call) -> web.StreamResponse:
    _needs(call, "patch")
    media = bodies.media_type(call.request.headers.get("Content-Type", ""))
    patches.check_media(call.resource, media)
    options = query.write_options(call.request, "PatchOptions", apply=media == patches.APPLY)
    options.warnings = call.warnings
    options.subresource = call.target.subresource
    data = await bodies.read(call.request)
    strict = options.field_validation == "Strict"
    body = patches.read_patch(data, media, bodies.parse_json, bodies.parse_yaml, strict=strict)
    entry, created = patches.patch(call.api, call.resource, call.namespace, call.name, media, body, options)
    return forms.one(call, entry, 201 if created else 200)


async def _delete_body(call: Call) -> dict[str, Any]:
    data = await bodies.read(call.request)
    if not data.strip():
        return {}
    return bodies.read_delete_options(data, call.request.headers.get("Content-Type", ""))


async def _delete(call: Call) -> web.StreamResponse:
    _needs(call, "delete")
    options = query.delete_options(call.request, await _delete_body(call))
    options.warnings = call.warnings
    resource = call.resource
    entry, gone = deletes.delete(call.api, resource, call.namespace, call.name, options)
    if gone and not call.api.deletion_returns_object(resource):
        own = entry.obj["metadata"]
        details = {"name": own["name"], **({"group": resource.group} if resource.group else {}), "kind": resource.plural, "uid": own["uid"]}
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
        return reply(call.request, status, warnings=call.warnings)
    return forms.one(call, entry)


async def _delete_all(call: Call) -> web.StreamResponse:
    if call.resource.namespaced and not call.namespace and call.resource.custom:
        return not_found_page()
    _needs(call, "deletecollection")
    if call.resource.namespaced and not call.namespace:
        raise method_not_allowed()
    found = query.list_options(call.request)
    selection = ListOptions(labels=found.labels, fields=found.fields, resource_version=found.resource_version)
    body = await _delete_body(call)
    page = lists.list_page(call.api, call.resource, call.namespace, selection)
    kept: list[Entry] = []
    for entry in page.entries:
        options = query.delete_options(call.request, body)
        try:
            kept.append(deletes.delete(call.api, call.resource, entry.key[0], entry.key[1], options)[0])
        except ApiError as error:
            if error.code != 404:
                raise
        call.warnings.extend(options.warnings)
    return forms.page(call, Page(kept, page.revision))


async def _no_name(call: Call) -> web.StreamResponse:
    if call.resource.custom:
        raise bad_request("name must be provided")
    raise method_not_allowed()


_COLLECTION = {"GET": _list, "POST": _create, "DELETE": _delete_all, "PUT": _no_name, "PATCH": _no_name}
_ITEM = {"GET": _get, "POST": _create, "PUT": _replace, "PATCH": _patch, "DELETE": _delete}


async def _subresource(call: Call) -> web.StreamResponse:
    resource, name = call.resource, call.target.subresource
    sub = resource.sub(name)
    if sub is None:
        if resource.custom:
            raise not_found(resource.plural, resource.group, call.name)
        raise no_such_resource()
    method = call.request.method
    verb = {"GET": "get", "PUT": "update", "PATCH": "patch", "POST": "create", "DELETE": "delete"}.get(method, "")
    if verb not in sub[4]:
        if resource.custom:
            text = f'{verb} is not supported on resources of kind "{qualified(resource.plural, resource.group)}"'
            raise Refusal(405, "MethodNotAllowed", text, {"group": resource.group, "kind": resource.plural})
        raise method_not_allowed()
    if name == "status":
        return await _ITEM[method](call)
    if name == "scale":
        return await _scale(call)
    if method == "POST":
        body, _ = await call.body()
        options = query.write_options(call.request, "CreateOptions")
        made = subresources.create(call.api, resource, call.namespace, call.name, name, body, options)
        return reply(call.request, made, status=201, warnings=call.warnings)
    if name == "finalize":
        body, _ = await call.body()
        return reply(call.request, subresources.finalize(call.api, call.name, body))
    if method == "GET":
        return await _get(call)
    text = f"the local cluster runs pods as processes of this machine and has no {name}"
    raise Refusal(501, "NotImplemented", text)


async def _scale(call: Call) -> web.StreamResponse:
    if call.request.method == "GET":
        return reply(call.request, scale.read(call.api, call.resource, call.namespace, call.name))
    put = call.request.method == "PUT"
    media = bodies.media_type(call.request.headers.get("Content-Type", ""))
    options = query.write_options(call.request, "UpdateOptions" if put else "PatchOptions", apply=media == patches.APPLY)
    options.warnings = call.warnings
    options.subresource = "scale"
    data = await bodies.read(call.request)
    if put:
        body, _ = bodies.read_object(data, call.request.headers.get("Content-Type", ""), "Scale")
        made = scale.replace(call.api, call.resource, call.namespace, call.name, body, options)
    else:
        patch = patches.read_patch(data, media, bodies.parse_json, bodies.parse_yaml, strict=False)
        made = scale.patch(call.api, call.resource, call.namespace, call.name, media, patch, options)
    return reply(call.request, made, warnings=call.warnings)


__all__ = ["Call", "answer", "raw_answer"]
