"""A connection to a proxy that speaks TLS itself, as a plain socket: TLS to the server may begin inside it.

OpenSSL wants a socket of the system to work on, so a thread carries what passes between one end of a pair and the encrypted connection.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading

from arena_core.kube import tls
from arena_core.kube.address import Proxy
from arena_core.kube.endpoint import Credentials, Endpoint
from arena_core.kube.tlssocket import TlsSocket
from arena_core.records import replace

_SIZE = 65536


def secured(sock: socket.socket, proxy: Proxy, endpoint: Endpoint) -> socket.socket:
    """Begin TLS with the proxy and return a socket into it.

    As in kubectl, what a kubeconfig says of TLS with the server holds for the proxy, too: authority, name, client certificate, skipping
    the check. Where the server speaks no TLS it says nothing, and the machine's authorities count.
    """
    if not endpoint.server.startswith("https:"):
        endpoint = replace(endpoint, ca=b"", verify=True, server_name="", credentials=Credentials())
    name = endpoint.server_name or proxy.url.hostname or ""
    try:
        far = TlsSocket(sock, tls.context(endpoint), name)
    except ssl.SSLCertVerificationError as error:
        sock.close()
        raise proxy.failed(f"shows a certificate that is not accepted: {error.verify_message}") from None
    except ssl.SSLError as error:
        sock.close()
        raise proxy.failed(f"does not speak TLS as it should ({(error.reason or 'no reason').replace('_', ' ').lower()})") from None
    mine, near = socket.socketpair()
    mine.settimeout(far.gettimeout())
    threading.Thread(target=_carry, args=(near, far), name="arena-proxy", daemon=True).start()
    return mine


def _carry(near: socket.socket, far: TlsSocket) -> None:
    """Carry bytes both ways until one side ends."""
    near.setblocking(False)
    far.setblocking(False)
    out = back = b""
    try:
        while True:
            moved = False
            if not back and (got := _read(far)) is not None:
                if not got:
                    return
                back, moved = got, True
            if not out and (got := _read(near)) is not None:
                if not got:
                    return
                out, moved = got, True
            if back and (sent := _write(near, back)):
                back, moved = back[sent:], True
            if out and (sent := _write(far, out)):
                out, moved = out[sent:], True
            if not moved:
                select.select(
                    [one for one, full in ((far, back), (near, out)) if not full],
                    [one for one, full in ((far, out), (near, back)) if full],
                    [],
                    1.0,
                )
    except (OSError, ValueError):
        pass  # whoever reads or writes at the other end learns of it
    finally:
        near.close()
        far.close()


def _read(sock: socket.socket | TlsSocket) -> bytes | None:
    """Return what is there, nothing at the end, None where it is to be waited for."""
    try:
        return sock.recv(_SIZE)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None
    except ssl.SSLEOFError:
        return b""


def _write(sock: socket.socket | TlsSocket, data: bytes) -> int:
    try:
        return sock.send(data)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return 0
