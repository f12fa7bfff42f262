"""The application: one door for every request, and one place where refusals become answers."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web

from arena_local.context import Context
from arena_local.http import bodies, clock, discovery, kept, meta_routes, pods, security, usage, verbs
from arena_local.http.paths import Target, parse
from arena_local.http.respond import not_found_page, refusal
from arena_local.http.serving import has_spoken
from arena_local.http.shared import Shared
from arena_local.sdk.bundle import ApiError
from arena_local.server.errors import Refusal, bad_request, no_such_resource
from arena_local.server.registry import Resource

log = logging.getLogger(__name__)
#: Kubernetes' own limit on request bodies.
MAX_BODY = 3 * 1024 * 1024


async def dispatch(shared: Shared, request: web.Request, path: str) -> web.StreamResponse:
    """Answer one authenticated request."""
    target = parse(path)
    if target is None or not target.plural:
        return await _other(shared, request, path)
    if target.group == usage.GROUP:
        return await usage.answer(shared, request, target)
    resource = shared.api.registry.at(target.group, target.version, target.plural)
    if resource is None:
        if target.group in discovery.KNOWN_GROUPS:
            raise no_such_resource()
        return not_found_page()
    return await _resource(shared, request, resource, target)


async def _other(shared: Shared, request: web.Request, path: str) -> web.StreamResponse:
    if request.method not in ("GET", "HEAD"):
        return await clock.answer(shared, request, path) or not_found_page()
    found = await meta_routes.answer(shared, request, path) or await kept.answer(shared, request, path)
    return found if found is not None else discovery.answer(shared, request, path)


async def _resource(shared: Shared, request: web.Request, resource: Resource, target: Target) -> web.StreamResponse:
    if target.subresource and resource.storage_id in ("pods", "services"):
        found = await pods.answer(shared, request, resource, target)
        if found is not None:
            return found
    return await verbs.answer(shared, request, resource, target)


async def _read_all(request: web.Request) -> None:
    """Read a body that nobody needs, so that the connection stays usable."""
    if request.can_read_body and not request.content.at_eof():
        try:
            await bodies.read(request)
        except (web.HTTPException, ApiError):
            pass


def build_app(context: Context) -> web.Application:
    """Return the application of a context."""
    shared = Shared(context)
    token = context.token

    async def handle(request: web.Request) -> web.StreamResponse:
        has_spoken(request)
        try:
            security.check_origin(request)
            path = security.authenticate(request.rel_url.raw_path, request, token)
            return await dispatch(shared, request, path)
        except ApiError as error:
            await _read_all(request)
            return refusal(request, error, getattr(error, "warnings", ()))
        except web.HTTPRequestEntityTooLarge:
            text = f"Request entity too large: limit is {MAX_BODY}"
            return refusal(request, Refusal(413, "RequestEntityTooLarge", text))
        except (asyncio.CancelledError, ConnectionResetError):
            raise
        except RecursionError:
            return refusal(request, bad_request("exceeded max depth: the object nests too deeply"))
        except Exception as error:
            # The path holds the token: never log it.
            log.exception("%s failed", request.method)
            return refusal(request, Refusal(500, "InternalError", f"Internal error occurred: {type(error).__name__}", {}))

    async def shutdown(_: web.Application) -> None:
        shared.watchers.close_all()

    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_route("*", "/{path:.*}", handle)
    app.on_shutdown.append(shutdown)
    return app
