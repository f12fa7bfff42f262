"""The channels of exec, attach and port-forward inside a websocket: the subprotocols differ in framing and in how a status is told."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiohttp import WSMsgType, web

from arena_local.http.negotiate import names_any
from arena_local.server.errors import Refusal, bad_request

#: In order of preference where a client offers several; "" is a client that offers none.
REMOTE = ("v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io", "")
FORWARD = ("v4.channel.k8s.io", "v4.base64.channel.k8s.io", "")
STDIN, STATUS, RESIZE, CLOSE = 0, 3, 4, 255


def offered(request: web.Request) -> list[str]:
    """Return the subprotocols that the client offers."""
    return [part.strip() for part in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if part.strip()]


def require_upgrade(request: web.Request, spdy: str) -> None:
    """Refuse a request that is no websocket upgrade; ``spdy`` is what one is told that asks for SPDY."""
    upgrade = request.headers.get("Upgrade", "").lower()
    if upgrade.startswith("spdy"):
        raise bad_request(spdy)
    if upgrade != "websocket" or "upgrade" not in request.headers.get("Connection", "").lower():
        raise bad_request("Upgrade request required")


def handshake_refusal(request: web.Request, protocols: tuple[str, ...]) -> web.Response | None:
    """Return what a node answers to an upgrade that it does not take: it is stricter than the API server in front of it."""
    if not names_any(request.headers.get("Accept", ""), ("*/*",)):
        return web.Response(status=406, text="406: Not Acceptable\n\nAvailable representations: */*")
    if request.method != "GET":
        return web.Response(status=405)
    if request.headers.get("Sec-WebSocket-Version") != "13" or not request.headers.get("Sec-WebSocket-Key"):
        return web.Response(status=400)
    given = offered(request)
    return None if not given or any(name in protocols for name in given) else web.Response(status=403)


class Channels:
    """A websocket whose messages begin with the number of a channel."""

    def __init__(self, request: web.Request, protocols: tuple[str, ...]) -> None:
        given = offered(request)
        self.protocol = next(name for name in protocols if name in given) if given else ""
        names = (self.protocol,) if self.protocol else ()
        self._base64 = "base64" in self.protocol
        self._request = request
        self._socket = web.WebSocketResponse(protocols=names, heartbeat=30, max_msg_size=4 * 1024 * 1024, compress=False)

    @property
    def response(self) -> web.WebSocketResponse:
        """What the handler answers."""
        return self._socket

    @property
    def closed(self) -> bool:
        """Whether the websocket has ended."""
        return self._socket.closed

    async def open(self) -> None:
        """Answer the handshake."""
        await self._socket.prepare(self._request)

    async def send(self, channel: int, data: bytes) -> None:
        """Send bytes on a channel."""
        if self._base64:
            await self._socket.send_str(chr(ord("0") + channel) + base64.b64encode(data).decode())
        else:
            await self._socket.send_bytes(bytes([channel]) + data)

    async def end(self, status: Mapping[str, Any]) -> None:
        """Tell how it ended, and close: the first version of the protocol knows a failure's message only."""
        if self._socket.closed:
            return
        if self.protocol.startswith("v"):
            await self.send(STATUS, json.dumps(status).encode())
        elif status.get("status") != "Success":
            await self.send(STATUS, str(status.get("message", "")).encode())
        await self._socket.close(code=1000)

    async def close(self) -> None:
        """Close without a word."""
        await self._socket.close()

    async def messages(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield (channel, bytes) until the client leaves or sends what is no message of its protocol."""
        async for message in self._socket:
            if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                return
            data = message.data if isinstance(message.data, bytes) else message.data.encode()
            if not data:
                continue
            if not self._base64:
                yield data[0], data[1:]
                continue
            try:
                yield data[0] - ord("0"), base64.b64decode(data[1:], validate=True)
            except binascii.Error:
                return


def no_pods() -> Refusal:
    """503 of the API alone."""
    return Refusal(503, "ServiceUnavailable", "this server runs no pods")
