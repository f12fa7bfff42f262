"""A gRPC probe asks the service's health: what does not serve, or speaks no gRPC, is not healthy (C8)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from arena_local.kubelet.hooks import handle

SETTINGS = bytes.fromhex("000000040000000000")
#: HEADERS with :status 200 (RFC 7541's static table), as a server sends before its message.
HEAD = bytes.fromhex("0000010104000000018800")[:9] + b"\x88"
Act = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _probe(port: int, service: str = "") -> Any:
    return await handle(None, None, {}, {"grpc": {"port": port, "service": service}}, "127.0.0.1", 5.0)  # type: ignore[arg-type]


def data(message: bytes, flags: int = 0) -> bytes:
    """A DATA frame of stream 1 with one message of gRPC."""
    body = b"\x00" + len(message).to_bytes(4, "big") + message
    return len(body).to_bytes(3, "big") + bytes([0, flags]) + (1).to_bytes(4, "big") + body


def answers(*parts: bytes, heard: list[bytes] | None = None) -> Act:
    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got = await reader.read(65536)
        if heard is not None:
            heard.append(got)
        for part in parts:
            writer.write(part)
        await writer.drain()
        writer.close()

    return act


async def _asked(act: Act, service: str = "") -> Any:
    server = await asyncio.start_server(act, "127.0.0.1", 0)
    async with server:
        return await _probe(server.sockets[0].getsockname()[1], service)


@pytest.mark.parametrize(
    ("parts", "ok", "text"),
    [
        ((SETTINGS, HEAD, data(b"\x08\x01")), True, ""),
        ((SETTINGS, HEAD, data(b"\x08\x02")), False, 'service unhealthy (responded with "NOT_SERVING")'),
        ((SETTINGS, HEAD, data(b"")), False, 'service unhealthy (responded with "UNKNOWN")'),
        ((SETTINGS, HEAD[:4] + b"\x05" + HEAD[5:]), False, "error: health rpc failed: it ended the call without a message"),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), False, "error: health rpc failed"),
        ((), False, "error: health rpc failed: the connection was closed"),
    ],
)
def test_the_answer_decides(parts: tuple[bytes, ...], ok: bool, text: str) -> None:
    found = asyncio.run(_asked(answers(*parts)))
    assert found.ok is ok
    assert text in found.text


def test_the_service_is_named_to_the_server() -> None:
    heard: list[bytes] = []
    assert asyncio.run(_asked(answers(SETTINGS, HEAD, data(b"\x08\x01"), heard=heard), "my.Service")).ok
    assert b"/grpc.health.v1.Health/Check" in heard[0]
    assert heard[0].endswith(b"\x00\x00\x00\x00\x0c\x0a\x0amy.Service")


def test_nobody_listens() -> None:
    async def dead() -> Any:
        server = await asyncio.start_server(answers(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        return await _probe(port)

    down = asyncio.run(dead())
    assert not down.ok
    assert "connection refused" in down.text
