"""Watch streams."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from aiohttp import HttpVersion11, web

from arena_local.http.call import Call
from arena_local.http.forms import include_object, partial, raw_item
from arena_local.http.negotiate import JSON, PROTOBUF, YAML, not_acceptable
from arena_local.http.respond import warning_headers
from arena_local.server.errors import Refusal, status_of
from arena_local.server.options import ListOptions
from arena_local.server.tables import table_of
from arena_local.server.watch import Watcher
from arena_local.store import Entry
from arena_local.store.entry import encode

#: A client that has not taken anything for so long is cut off.
_STUCK = 30.0
#: How often a quiet watch gets a bookmark, and how long before its end it gets the last one.
_BOOKMARK_EVERY, _BOOKMARK_BEFORE_END = 60.0, 2.0
#: Bytes that may wait in one connection before the watch waits for its client.
_HIGH_WATER = 512 * 1024


class _Stream:
    def __init__(self, call: Call, watcher: Watcher) -> None:
        self.call = call
        self.watcher = watcher
        self.first = True
        self.include = include_object(call) if call.form.transform == "Table" else ""
        self.chunked = call.request.version >= HttpVersion11

    def line(self, kind: str, entry: Entry) -> bytes:
        """Return one event as a line."""
        call = self.call
        if kind == "BOOKMARK" or call.form.transform in ("Table", "PartialObjectMetadata"):
            return encode({"type": kind, "object": self._shaped(kind, entry)}) + b"\n"
        return call.shared.lines.line(kind, entry, call.resource.api_version, lambda: raw_item(call, entry))

    def next(self) -> bytes:
        """Return what waits to be sent, as much as is sent at once."""
        lines, size, items = [], 0, self.watcher.items
        while items and size < _HIGH_WATER:
            lines.append(self.line(*items.popleft()))
            size += len(lines[-1])
        return lines[0] if len(lines) == 1 else b"".join(lines)

    def push(self) -> None:
        """Send what has come without waking the task, where the client has taken all before it; else the task sends it."""
        transport = self.call.request.transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size() or self.watcher.overflow:
            self.watcher.ready.set()
            return
        data = self.next()
        transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data)
        if self.watcher.items:
            self.watcher.ready.set()

    def _shaped(self, kind: str, entry: Entry) -> Any:
        call, transform = self.call, self.call.form.transform
        if transform == "PartialObjectMetadata":
            return partial(entry.obj)
        if transform != "Table":
            return entry.obj
        rows = [] if kind == "BOOKMARK" else [entry]
        table = table_of(call.api, call.resource, rows, entry.obj["metadata"]["resourceVersion"], self.include)
        if kind == "BOOKMARK" and entry.obj["metadata"].get("annotations"):
            table["metadata"]["annotations"] = entry.obj["metadata"]["annotations"]
        if not self.first:
            table["columnDefinitions"] = None
        self.first = False
        return table


async def stream_watch(call: Call, options: ListOptions) -> web.StreamResponse:
    """Answer a watch."""
    if call.form.media == YAML:
        raise not_acceptable(f"{JSON};stream=watch", f"{PROTOBUF};stream=watch")
    opened = call.shared.watchers.open(call.resource, call.namespace, options)
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"})
    for name, value in warning_headers(call.warnings):
        response.headers.add(name, value)
    try:
        await response.prepare(call.request)
        if isinstance(opened, tuple):
            text = f"too old resource version: {opened[0]} ({opened[1]})"
            await response.write(_error(Refusal(410, "Expired", text)))
            return response
        await _run(_Stream(call, opened), opened, response, options)
    except (TimeoutError, ConnectionError):
        _abort(call.request)
    finally:
        if isinstance(opened, Watcher):
            call.shared.watchers.close(opened)
    return response


def _error(error: Refusal) -> bytes:
    return encode({"type": "ERROR", "object": status_of(error)}) + b"\n"


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _run(stream: _Stream, watcher: Watcher, response: web.StreamResponse, options: ListOptions) -> None:
    loop = asyncio.get_running_loop()
    timeout = options.timeout
    if timeout is not None and timeout < 0:
        return
    end = loop.time() + (timeout or random.uniform(1800, 3600))
    mark = min(loop.time() + _BOOKMARK_EVERY, end - _BOOKMARK_BEFORE_END)
    watcher.deliver = stream.push
    while not watcher.closed:
        data = stream.next()
        if watcher.overflow:
            data += _error(Refusal(410, "Expired", "the client was too slow and has missed events"))
        if data:
            async with asyncio.timeout(_STUCK):  # unlike wait_for it makes no task, which counts with many watchers
                await response.write(data)
        if watcher.overflow:
            return
        if watcher.items:
            continue
        watcher.ready.clear()
        now = loop.time()
        if now >= end:
            return
        wait = min(end, mark) - now if options.bookmarks else end - now
        try:
            async with asyncio.timeout(max(wait, 0.0)):
                await watcher.ready.wait()
        except TimeoutError:
            if options.bookmarks and loop.time() >= mark and not watcher.items:
                entry = stream.call.shared.watchers.bookmark(stream.call.resource)
                async with asyncio.timeout(_STUCK):
                    await response.write(stream.line("BOOKMARK", entry))
                mark = loop.time() + _BOOKMARK_EVERY
