"""The subresources of pods that are streams: log, exec, attach, portforward, proxy."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from aiohttp import web

from arena_core.k8s import time
from arena_local.http import containers, portforward, proxy, remote
from arena_local.http.negotiate import MEDIA, choose, not_acceptable, require
from arena_local.http.paths import Target
from arena_local.http.query import go_int, truth
from arena_local.server.causes import bad_value, prohibited
from arena_local.server.errors import Refusal, bad_request, invalid, not_found
from arena_local.server.registry import Resource

if TYPE_CHECKING:
    from arena_local.http.shared import Shared

Obj = dict[str, Any]
_STREAMS = ("log", "exec", "attach", "portforward", "proxy")
#: How long the first bytes may take before the headers go out without them.
_FIRST = 0.2
_AGES = 10**9


async def answer(shared: Shared, request: web.Request, resource: Resource, target: Target) -> web.StreamResponse | None:
    """Answer one of them, or None."""
    if target.subresource not in _STREAMS or (resource.storage_id == "services" and target.subresource != "proxy"):
        return None
    if target.subresource == "proxy":
        return await proxy.answer(shared, request, resource, target)
    entry = shared.api.store.get("pods", target.namespace, target.name)
    if target.subresource == "log":
        return await _log(shared, request, entry.obj if entry else None, target.name)
    if entry is None:
        raise not_found("pods", "", target.name)
    if target.subresource == "portforward":
        return await portforward.answer(shared, request, entry.obj)
    return await remote.answer(shared, request, entry.obj, attach=target.subresource == "attach")


def log_query(request: web.Request, name: str) -> Obj:
    """Return the options of a log; raises 400 and 422."""
    query, found = request.query, []
    asked: Obj = {key: truth(query.get(key)) for key in ("follow", "previous", "timestamps")}
    for key, least, text in (
        ("tailLines", 0, "must be greater than or equal to 0"),
        ("limitBytes", 1, "must be greater than 0"),
        ("sinceSeconds", 1, "must be greater than 0"),
    ):
        asked[key] = go_int(query[key]) if query.get(key) else None
        if asked[key] is not None and asked[key] < least:
            found.append(bad_value(key, asked[key], text))
        elif key == "sinceSeconds" and asked[key] is not None:
            asked[key] = min(asked[key], _AGES)  # further back than any calendar of ours goes is "all"
    since = query.get("sinceTime") or None
    if since and not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", since):
        shown = json.dumps(since)
        raise bad_request(f'parsing time {shown} as "2006-01-02T15:04:05Z07:00": cannot parse {shown} as "2006"')
    if since and time.parse(since) is None:
        raise bad_request(f"parsing time {json.dumps(since)}: a part of it is out of range")
    asked["sinceTime"] = since
    if since and asked["sinceSeconds"] is not None:
        found.append(prohibited("[]", "at most one of `sinceTime` or `sinceSeconds` may be specified"))
    if query.get("stream"):
        found.append(prohibited("stream", "may not be specified"))
    if found:
        raise invalid("PodLogOptions", "", name, found)
    return asked


def _untransformed(transform: str) -> Refusal:
    """What a real server says to one who wants the metadata of a log."""
    if transform == "PartialObjectMetadata":
        return Refusal(500, "", "object does not implement the Object interfaces")
    text = "you requested PartialObjectMetadataList, but the requested object is not a list (*rest.LocationStreamer)"
    return Refusal(406, "NotAcceptable", text)


async def _log(shared: Shared, request: web.Request, pod: Obj | None, name: str) -> web.StreamResponse:
    accept = request.headers.get("Accept", "")
    require(accept, "text/plain", *MEDIA)
    form = choose(accept, ("PartialObjectMetadata", "PartialObjectMetadataList"))
    if form is None:
        raise not_acceptable()
    asked = log_query(request, name)
    if pod is None:
        raise not_found("pods", "", name)
    container = containers.pick_container(pod, request.query.get("container", ""))
    if form.transform:
        raise _untransformed(form.transform)
    if not pod["spec"].get("nodeName"):
        return web.Response(status=204)
    backend = shared.context.pods
    if backend is None:
        raise Refusal(503, "ServiceUnavailable", "this server runs no pods: there is no log")
    chunks = backend.logs(pod, container, asked).__aiter__()
    first: asyncio.Future[bytes] = asyncio.ensure_future(chunks.__anext__())
    try:
        await asyncio.wait({first}, timeout=_FIRST)
        if first.done() and not isinstance(first.exception(), StopAsyncIteration | None):
            first.result()
        return await _stream_log(request, first, chunks, backend.lines_gone(pod, container, asked))
    finally:
        first.cancel()
        close = getattr(chunks, "aclose", None)
        if close is not None and (first.done() or first.cancelled()):
            await close()


async def _stream_log(request: web.Request, first: asyncio.Future[bytes], chunks: Any, lost: int) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/plain", "Cache-Control": "no-cache, private"})
    if lost:
        response.headers["Warning"] = f'299 - "the first {lost} lines of this log are gone: it has grown beyond what the node keeps"'
    response.enable_chunked_encoding()
    await response.prepare(request)
    try:
        await response.write(await first)
        async for chunk in chunks:
            await response.write(chunk)
    except StopAsyncIteration:
        pass
    except ConnectionError:
        return response
    await response.write_eof()
    return response
