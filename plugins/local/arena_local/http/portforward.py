"""Port forwarding for clients that speak ``v4.channel.k8s.io`` (the Python client)."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from arena_local.api.errors import Refusal, bad_request
from arena_local.bundle import ApiError
from arena_local.http import remote

if TYPE_CHECKING:
    from arena_local.http.app import Face

Obj = dict[str, Any]
PROTOCOL = "v4.channel.k8s.io"
_SPDY = (
    "the local cluster does not tunnel SPDY: the pods' ports and the Services' addresses are on this machine's loopback interface, "
    "connect to them directly (kubectl get endpoints shows the addresses), or use the Python client"
)


async def answer(face: Face, request: web.Request, pod: Obj) -> web.StreamResponse:
    """Answer a port-forward request."""
    if any("spdy" in name.lower() for name in remote.offered(request)):
        raise bad_request(_SPDY)
    if request.headers.get("Upgrade", "").lower().startswith("spdy"):
        raise bad_request(_SPDY)
    remote.require_upgrade(request)
    if PROTOCOL not in remote.offered(request):
        return web.Response(status=403)
    try:
        ports = [int(part) for text in request.query.getall("ports", []) for part in text.split(",") if part]
    except ValueError:
        raise bad_request("ports must be numbers") from None
    if not ports or any(not 1 <= port <= 65535 for port in ports):
        raise bad_request("you must specify at least 1 port between 1 and 65535")
    if face.context.pods is None:
        raise Refusal(503, "ServiceUnavailable", "this server runs no pods")
    if (pod.get("status") or {}).get("phase") != "Running":
        raise bad_request(f"unable to forward port because pod is not running. Current status={(pod.get('status') or {}).get('phase')}")
    socket = web.WebSocketResponse(protocols=[PROTOCOL], heartbeat=30, max_msg_size=4 * 1024 * 1024, compress=False)
    await socket.prepare(request)
    await _Forward(face, socket, pod, ports).run()
    return socket


async def _all(tasks: list[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


class _Forward:
    """Relays each port over its pair of channels: data and error."""

    def __init__(self, face: Face, socket: web.WebSocketResponse, pod: Obj, ports: list[int]) -> None:
        self.backend = face.context.pods
        self.socket = socket
        self.pod = pod
        self.ports = ports
        self.writers: dict[int, Any] = {}

    async def run(self) -> None:
        readers = []
        for index, port in enumerate(self.ports):
            for channel in (2 * index, 2 * index + 1):
                await self.socket.send_bytes(bytes([channel]) + struct.pack("<H", port))
            try:
                reader, writer = await self.backend.connect(self.pod, port)  # type: ignore[union-attr]
            except (ApiError, OSError) as error:
                text = f"error forwarding port {port} to pod {self.pod['metadata']['name']}: {error}"
                await self.socket.send_bytes(bytes([2 * index + 1]) + text.encode())
                continue
            self.writers[2 * index] = writer
            readers.append(asyncio.create_task(self._from_pod(2 * index, reader)))
        incoming = asyncio.create_task(self._to_pod())
        try:
            if readers:
                done = asyncio.create_task(_all(readers))
                await asyncio.wait({incoming, done}, return_when=asyncio.FIRST_COMPLETED)
                done.cancel()
        finally:
            incoming.cancel()
            for task in readers:
                task.cancel()
            await asyncio.gather(incoming, *readers, return_exceptions=True)
            for writer in self.writers.values():
                writer.close()
            await self.socket.close()

    async def _from_pod(self, channel: int, reader: Any) -> None:
        while data := await reader.read(32768):
            await self.socket.send_bytes(bytes([channel]) + data)

    async def _to_pod(self) -> None:
        async for message in self.socket:
            if message.type is not WSMsgType.BINARY or not message.data:
                continue
            writer = self.writers.get(message.data[0])
            if writer is not None:
                writer.write(message.data[1:])
                await writer.drain()
