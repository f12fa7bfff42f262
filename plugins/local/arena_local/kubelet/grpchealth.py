"""A grpc probe: one ``grpc.health.v1.Health/Check`` over HTTP/2 in clear text, as a kubelet asks it.

Of HTTP/2 there is what one small call needs. What a server says besides the message (the trailers) is not decoded: only a message
says SERVING, and without one the probe has failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY = 0, 1, 3, 4, 6, 7
_END_STREAM, _ACK, _END_HEADERS, _PADDED = 1, 1, 4, 8
_STREAM = 1
#: So much of an answer is read: a health check's has a few bytes.
_MOST = 1 << 20
SERVING = 1
_NAMES = {0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}


class NoAnswer(Exception):
    """The server ended the call without a message."""


async def check(host: str, port: int, service: str) -> int:
    """Return the status that a server gives of a service; raises OSError where nothing listens, ``NoAnswer`` where it says nothing."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(_PREFACE + _frame(_SETTINGS, 0, 0, b"") + _call(f"{host}:{port}", service))
        message = b""
        async for kind, flags, payload in _frames(reader):
            if kind == _SETTINGS and not flags & _ACK:
                writer.write(_frame(_SETTINGS, _ACK, 0, b""))
            elif kind == _PING and not flags & _ACK:
                writer.write(_frame(_PING, _ACK, 0, payload))
            elif kind == _DATA:
                message += payload[1 : len(payload) - payload[0]] if flags & _PADDED and payload else payload
            if kind in (_RESET, _GOAWAY) or (kind in (_DATA, _HEADERS) and flags & _END_STREAM):
                break
            if _whole(message):
                break
        return _status(message)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise NoAnswer("the connection was closed") from error
    finally:
        writer.close()


def name_of(status: int) -> str:
    """Return a status's name."""
    return _NAMES.get(status, str(status))


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _call(authority: str, service: str) -> bytes:
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": "/grpc.health.v1.Health/Check",
        ":authority": authority,
        "content-type": "application/grpc",
        "user-agent": "kube-probe/1.36",
        "te": "trailers",
    }
    head = b"".join(b"\x00" + _text(name) + _text(value) for name, value in fields.items())
    name = service.encode()
    message = b"\x0a" + _varint(len(name)) + name if name else b""
    body = b"\x00" + len(message).to_bytes(4, "big") + message
    return _frame(_HEADERS, _END_HEADERS, _STREAM, head) + _frame(_DATA, _END_STREAM, _STREAM, body)


def _text(text: str) -> bytes:
    """Return a text as a header's literal, not compressed; its length has seven bits, the rest follows (RFC 7541, 5.1)."""
    data = text.encode()
    if len(data) < 127:
        return bytes([len(data)]) + data
    return b"\x7f" + _varint(len(data) - 127) + data


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


async def _frames(reader: asyncio.StreamReader) -> AsyncIterator[tuple[int, int, bytes]]:
    """Yield (kind, flags, payload) of each frame."""
    read = 0
    while read < _MOST:
        head = await reader.readexactly(9)
        size = int.from_bytes(head[:3], "big")
        read += 9 + size
        if read > _MOST:
            break
        yield head[3], head[4], await reader.readexactly(size)
    raise NoAnswer("the answer does not end")


def _whole(message: bytes) -> bool:
    return len(message) >= 5 and len(message) >= 5 + int.from_bytes(message[1:5], "big")


def _status(message: bytes) -> int:
    """Return field 1 of the answer, an enumeration; one that is left out is 0."""
    if not _whole(message):
        raise NoAnswer("it ended the call without a message")
    body = message[5 : 5 + int.from_bytes(message[1:5], "big")]
    if not body:
        return 0
    if message[0] or body[0] != 0x08 or len(body) < 2:
        raise NoAnswer("its message is not a HealthCheckResponse")
    return body[1]
