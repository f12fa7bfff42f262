"""Plain TCP connections without the module ``socket``, whose enumerations take longer to make than a request; TLS has it anyway."""

from __future__ import annotations

import _socket
from _socket import SHUT_RDWR, gaierror

from arena_core.typed import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import socket

__all__ = ["SHUT_RDWR", "connected", "gaierror"]


def connected(host: str, port: int, timeout: float) -> socket.socket:
    """Return a connected socket, as ``socket.create_connection`` does: of several addresses the first that answers."""
    failure: OSError = OSError("the name has no address")
    # As bytes: text would have the tables of international names loaded, also for a plain address.
    name = host.encode("ascii") if host.isascii() else host.encode("idna")
    for family, kind, protocol, _, address in _socket.getaddrinfo(name, port, 0, _socket.SOCK_STREAM):
        sock = _socket.socket(family, kind, protocol)
        try:
            sock.settimeout(timeout)
            sock.connect(address)
        except OSError as error:
            failure = error
            sock.close()
        except BaseException:
            sock.close()
            raise
        else:
            return cast("socket.socket", sock)
    raise failure
