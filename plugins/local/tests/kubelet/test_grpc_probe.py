"""A gRPC probe fails where nothing listens: what the service answers is not asked, and the server says so."""

from __future__ import annotations

import asyncio
from typing import Any

from arena_local.kubelet.hooks import handle


async def _probe(port: int) -> Any:
    return await handle(None, None, {}, {"grpc": {"port": port, "service": ""}}, "127.0.0.1", 5.0)  # type: ignore[arg-type]


def test_a_grpc_probe_needs_somebody_who_listens() -> None:
    async def both() -> tuple[Any, Any]:
        server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        up = await _probe(port)
        server.close()
        await server.wait_closed()
        return up, await _probe(port)

    up, down = asyncio.run(both())
    assert up.ok
    assert not down.ok and "connection refused" in down.text
