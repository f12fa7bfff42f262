"""Port forwarding over a websocket with channels (the Python client)."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Any

from aiohttp import web

from arena_local.http.channels import FORWARD, Channels, handshake_refusal, no_pods, offered, require_upgrade
from arena_local.sdk.bundle import ApiError
from arena_local.server.errors import bad_request

if TYPE_CHECKING:
    from arena_local.http.shared import Shared

Obj = dict[str, Any]
_SPDY = (
    "the local cluster does not tunnel SPDY: the pods' ports and the Services' addresses are on this machine's loopback interface, "
    "connect to them directly (kubectl get endpoints shows the addresses), or use the Python client"
)


async def answer(shared: Shared, request: web.Request, pod: Obj) -> web.StreamResponse:
    """Answer a port-forward request."""
    require_upgrade(request, _SPDY)
    if any("spdy" in name.lower() for name in offered(request)):
        raise bad_request(_SPDY)
    refused = handshake_refusal(request, FORWARD)
    if refused is not None:
        return refused
    try:
        ports = [int(part) for text in request.query.getall("ports", []) for part in text.split(",") if part]
    except ValueError:
        raise bad_request("ports must be numbers") from None
    if not ports or any(not 1 <= port <= 65535 for port in ports):
        raise bad_request("you must specify at least 1 port between 1 and 65535")
    if shared.context.pods is None:
        raise no_pods()
    if (pod.get("status") or {}).get("phase") != "Running":
        raise bad_request(f"unable to forward port because pod is not running. Current status={(pod.get('status') or {}).get('phase')}")
    channels = Channels(request, FORWARD)
    await channels.open()
    await _Forward(shared, channels, pod, ports).run()
    return channels.response


async def _all(tasks: list[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


class _Forward:
    """Relays each port over its pair of channels: data and error."""

    def __init__(self, shared: Shared, channels: Channels, pod: Obj, ports: list[int]) -> None:
        self.backend = shared.context.pods
        self.channels = channels
        self.pod = pod
        self.ports = ports
        self.writers: dict[int, Any] = {}

    async def run(self) -> None:
        readers = []
        for index, port in enumerate(self.ports):
            for channel in (2 * index, 2 * index + 1):
                await self.channels.send(channel, struct.pack("<H", port))
            try:
                reader, writer = await self.backend.connect(self.pod, port)  # type: ignore[union-attr]
            except (ApiError, OSError) as error:
                text = f"error forwarding port {port} to pod {self.pod['metadata']['name']}: {error}"
                await self.channels.send(2 * index + 1, text.encode())
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
            await self.channels.close()

    async def _from_pod(self, channel: int, reader: Any) -> None:
        while data := await reader.read(32768):
            await self.channels.send(channel, data)

    async def _to_pod(self) -> None:
        async for channel, data in self.channels.messages():
            writer = self.writers.get(channel)
            if writer is not None:
                writer.write(data)
                await writer.drain()
