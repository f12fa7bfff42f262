"""TLS by the module that ``ssl`` itself is built on: making the enumerations of ``ssl`` and ``socket`` takes seven times a handshake.

The context is the one that ``ssl`` makes, with its defaults; the connection is what a client needs of ``ssl.SSLSocket``, and does the same.
"""

from __future__ import annotations

import _ssl
import errno
import sys
from _socket import socket
from _ssl import SSLCertVerificationError as VerificationError
from _ssl import SSLError
from _ssl import _SSLContext as Context

from arena_core.typed import Any

__all__ = ["Context", "SSLError", "TlsSocket", "VerificationError", "decode_certificate", "new_context", "trust_all", "trust_machine"]


def new_context() -> Context:
    """Return a context that checks certificates as Go does: names are in the SAN only, and any of a chain may be what is trusted."""
    # Not all that it has is known to type checkers.
    made: Any = Context(_ssl.PROTOCOL_TLS_CLIENT)
    made._set_alpn_protocols(b"\x08http/1.1")
    made.verify_flags |= _ssl.VERIFY_X509_PARTIAL_CHAIN
    made._host_flags |= _ssl.HOSTFLAG_NEVER_CHECK_SUBJECT
    found: Context = made
    return found


def trust_all(made: Context) -> None:
    """Have the context take any certificate."""
    made.check_hostname = False
    made.verify_mode = _ssl.CERT_NONE


def trust_machine(made: Context) -> None:
    """Have the context trust what this machine trusts."""
    if sys.platform == "win32":
        import ssl

        stores = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        stores.load_default_certs()
        made.load_verify_locations(cadata=b"".join(stores.get_ca_certs(binary_form=True)))
    made.set_default_verify_paths()


def decode_certificate(path: str) -> dict[str, Any]:
    """Return what stands in the certificate of a file, or nothing where this Python cannot tell: the decoder is not public."""
    decode: Any = getattr(_ssl, "_test_decode_cert", None)
    return dict(decode(path)) if decode else {}


class TlsSocket(socket):
    """A connected socket on which TLS has begun."""

    def __init__(self, sock: socket, context: Any, name: str, session: Any = None) -> None:
        """Take the socket over and shake hands; raises ``SSLError``, or what the socket raises, and is closed then."""
        patience = sock.gettimeout()
        # The tables of international names are for names that need them.
        if not name.isascii() or len(max(name.split("."), key=len)) > 63:
            name = name.encode("idna").decode()
        super().__init__(sock.family, sock.type, sock.proto, sock.detach())
        self._tls: Any = None
        try:
            self.settimeout(patience)
            self._tls = context._wrap_socket(self, False, name, owner=self, session=session)
            self._tls.do_handshake()
        except BaseException:
            self.close()
            raise

    @property
    def session(self) -> Any:
        """What a further connection may go on with."""
        return self._tls.session if self._tls else None

    @property
    def session_reused(self) -> bool:
        """Whether it has gone on with the session that it was given."""
        return bool(self._tls and self._tls.session_reused)

    def recv(self, limit: int, flags: int = 0) -> bytes:
        """Return what has come, or wait for something; empty where the other side has closed, with or without a farewell."""
        try:
            found: bytes = self._open().read(limit)
        except SSLError as error:
            if error.args[0] != _ssl.SSL_ERROR_EOF:
                raise
            return b""
        return found

    def send(self, data: Any, flags: int = 0) -> int:
        """Send what can be sent, and return how much that was."""
        sent: int = self._open().write(data)
        return sent

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all of it."""
        view, sent = memoryview(data), 0
        while sent < len(view):
            sent += self.send(view[sent:])

    def _unencrypted(self, *arguments: Any) -> Any:
        raise OSError(errno.EOPNOTSUPP, "this would go past TLS")

    recv_into = recvfrom = recvfrom_into = recvmsg = recvmsg_into = sendto = sendmsg = _unencrypted  # type: ignore[assignment]

    def close(self) -> None:
        """Close; the number of the socket may belong to another one then, so nothing is read from it any more."""
        self._tls = None
        super().close()

    def _open(self) -> Any:
        if self._tls is None:
            raise OSError(errno.EBADF, "the connection is closed")
        return self._tls
