"""The SOCKS5 handshake (RFC 1928, 1929): the proxy resolves the server's name."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from arena_core.kube.address import Proxy

_NONE, _PASSWORD = 0, 2
_REFUSALS = {
    2: "does not allow it",
    3: "says that the network cannot be reached",
    4: "says that the host cannot be reached",
    5: "says that the connection is refused there",
    6: "says that it took too long",
}


def negotiate(sock: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    """Ask for a connection to ``host``; afterwards the socket is that one. Raises ``OSError``, ``EOFError`` or what the proxy refuses."""
    user = unquote(proxy.url.username or "").encode()
    methods = bytes([_NONE, _PASSWORD] if user else [_NONE])
    sock.sendall(bytes([5, len(methods)]) + methods)
    version, method = _exactly(sock, 2)
    if version != 5 or method not in methods:
        raise proxy.failed("wants another way to log in" if version == 5 else "is not a SOCKS5 proxy")
    if method == _PASSWORD:
        password = unquote(proxy.url.password or "").encode()
        sock.sendall(bytes([1, len(user[:255])]) + user[:255] + bytes([len(password[:255])]) + password[:255])
        if _exactly(sock, 2)[1]:
            raise proxy.failed("does not accept the user and password")
    name = host.encode("idna") if not host.isascii() else host.encode()
    sock.sendall(bytes([5, 1, 0, 3, len(name)]) + name + port.to_bytes(2, "big"))
    _, answer, _, kind = _exactly(sock, 4)
    if answer:
        raise proxy.failed(f"{_REFUSALS.get(answer, f'answers {answer}')} (asked for {host}:{port})")
    length = {1: 4, 4: 16}.get(kind) or _exactly(sock, 1)[0]
    _exactly(sock, length + 2)


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data
