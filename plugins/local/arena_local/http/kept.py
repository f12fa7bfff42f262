"""Logs of pods that are gone: ``/arena/v1/namespaces/NS/keptlogs``, beside the API of Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from arena_local.http.pods import log_query
from arena_local.http.respond import not_found_page

if TYPE_CHECKING:
    from arena_local.http.shared import Shared


async def answer(shared: Shared, request: web.Request, path: str) -> web.StreamResponse | None:
    """Answer a path below ``/arena/v1``, or None for any other."""
    parts = path.strip("/").split("/")
    if parts[:3] != ["arena", "v1", "namespaces"] or len(parts) not in (5, 8) or parts[4] != "keptlogs":
        return None
    backend, namespace = shared.context.pods, parts[3]
    if backend is None:
        return not_found_page()
    if len(parts) == 5:
        return web.json_response({"items": backend.kept_logs(namespace, request.query.get("owner", ""))})
    uid, container, attempt = parts[5:]
    chunks = backend.kept_log(namespace, uid, container, attempt, log_query(request, uid))
    if chunks is None:
        return not_found_page()
    response = web.StreamResponse(headers={"Content-Type": "text/plain", "Cache-Control": "no-cache, private"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    async for chunk in chunks:
        await response.write(chunk)
    await response.write_eof()
    return response
