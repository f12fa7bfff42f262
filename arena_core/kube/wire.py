"""Connections to one API server: plain, TLS, or through a proxy; and connection failures in words."""

from __future__ import annotations

import _socket as tcp
import errno
import select

from arena_core.contract.errors import ArenaError, ClusterUnreachable
from arena_core.kube.answer import BadAnswer
from arena_core.kube.endpoint import Endpoint
from arena_core.kube.http1 import Connection, HttpError, RemoteDisconnected
from arena_core.kube.route import Route, proxy_for
from arena_core.typed import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import socket
    import ssl

    from arena_core.kube.tlssocket import Context

CONNECT_TIMEOUT = 10.0
#: Failures of a connection that say nothing about whether the request arrived.
BROKEN = (
    OSError,
    HttpError,
    # A TLS socket that another thread has shut. Headers of ours are checked before they get here.
    ValueError,
)


#: Failures that have nothing to do with the cluster, and what to do about them.
_LOCAL = {
    errno.EMFILE: "this process may open no more files: raise the limit (`ulimit -n 1024`)",
    errno.ENFILE: "the machine has no file handle left: end other programs",
    errno.ENOBUFS: "the machine is short of memory for connections",
    errno.EADDRNOTAVAIL: "the machine has no free port left: try again in a minute",
}


class LocalTrouble(ArenaError):
    """Not the cluster but this machine keeps a request from being sent."""


class Wire:
    """Opens connections. ``prefix`` is what goes before every path on the request line."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        url = endpoint.address
        self._secure = url.scheme == "https"
        self._tls: Context | None = None
        self._session: ssl.SSLSession | None = None
        host, port = url.hostname or "", url.port or (443 if self._secure else 80)
        self._route = Route(host, port, proxy_for(endpoint, url.scheme, host, port), tunnel=self._secure, endpoint=endpoint)
        self.prefix = url.path.rstrip("/")
        self._host = _host_header(url.netloc.rpartition("@")[2])
        self.proxy_headers: dict[str, str] = {}
        if self._route.forwards:
            self.prefix = f"http://{url.netloc.rpartition('@')[2]}{self.prefix}"
            self.proxy_headers = self._route.authorization

    def renew(self, endpoint: Endpoint) -> None:
        """Use new credentials for the connections to come."""
        self.endpoint = endpoint
        self._tls = self._session = None

    def open(self, timeout: float | None) -> Connection:
        """Return a connected connection whose reads wait at most ``timeout`` seconds (None = for ever)."""
        patience = CONNECT_TIMEOUT if timeout is None else min(timeout, CONNECT_TIMEOUT)
        context = self._context()
        try:
            try:
                sock = self._connected(context, patience)
            except ConnectionRefusedError:
                if self.endpoint.revive is None or not self.endpoint.revive():
                    raise
                sock = self._connected(context, patience)
        except (OSError, ValueError) as error:
            raise self._explained(error) from error
        sock.setsockopt(tcp.SOL_SOCKET, tcp.SO_KEEPALIVE, 1)
        if hasattr(tcp, "TCP_KEEPIDLE") and _is_tcp(sock):
            # A follow may be silent for hours; a dead peer must be noticed all the same.
            sock.setsockopt(tcp.IPPROTO_TCP, tcp.TCP_KEEPIDLE, 30)
            sock.setsockopt(tcp.IPPROTO_TCP, tcp.TCP_KEEPINTVL, 10)
            sock.setsockopt(tcp.IPPROTO_TCP, tcp.TCP_KEEPCNT, 3)
        sock.settimeout(timeout)
        return Connection(sock, self._host)

    def remember(self, sock: socket.socket) -> None:
        """Keep the TLS session of a connection that has answered: the next one need not prove everything again."""
        self._session = getattr(sock, "session", None) or self._session

    def _connected(self, context: Context | None, timeout: float) -> socket.socket:
        """Go the way to the server, and begin TLS with who is at its end."""
        sock = self._route.dial(timeout or CONNECT_TIMEOUT)
        try:
            if _is_tcp(sock):
                sock.setsockopt(tcp.IPPROTO_TCP, tcp.TCP_NODELAY, 1)
            if context is None:
                return sock
            name = self.endpoint.server_name or self._route.host
            from arena_core.kube.tlssocket import TlsSocket

            made: Any = TlsSocket(sock, context, name, self._session)
            return cast("socket.socket", made)
        except BaseException:
            sock.close()
            raise

    def _context(self) -> Context | None:
        """Return the TLS context, made once for all connections."""
        if self._secure and self._tls is None:
            from arena_core.kube import tls

            self._tls = tls.context(self.endpoint)
        return self._tls

    def _explained(self, error: OSError | ValueError) -> ArenaError:
        if self._secure:
            from arena_core.kube import tls, tlssocket

            if isinstance(error, tlssocket.SSLError):
                return tls.explain(error, self.endpoint)
        return unreachable(error, self.endpoint)


def _is_tcp(sock: socket.socket) -> bool:
    """Whether a socket is the network's: the way through a proxy that speaks TLS begins with a pair of this machine's."""
    return sock.family in (tcp.AF_INET, tcp.AF_INET6)


def _host_header(place: str) -> str:
    """Return host and port as the Host header has them.

    >>> _host_header("127.0.0.1:80"), _host_header("b\u00fccher.example:6443")
    ('127.0.0.1:80', 'xn--bcher-kva.example:6443')
    """
    if place.isascii():
        return place
    host, colon, port = place.partition(":")
    return host.encode("idna").decode() + colon + port


def is_stale(sock: socket.socket) -> bool:
    """Whether a kept connection has been closed by the server: it would be readable, though nothing was asked."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def unreachable(error: BaseException, endpoint: Endpoint) -> ArenaError:
    """Say why there is no connection, and what to check."""
    where = f"the API server at {endpoint.display}"
    network = "check your network or VPN, and whether the cluster is running"
    if isinstance(error, ArenaError):
        return error
    if isinstance(error, OSError) and error.errno in _LOCAL:
        return LocalTrouble(f"this machine cannot open a connection to {endpoint.display}: {error.strerror}", _LOCAL[error.errno])
    if isinstance(error, RemoteDisconnected):
        return ClusterUnreachable(f"{where} closes the connection without an answer", "is the cluster restarting? try again")
    if isinstance(error, HttpError | ValueError):
        # Its text quotes what came.
        return BadAnswer(f"{where} sent a damaged answer ({type(error).__name__})", "try again; a proxy may be in the way")
    if isinstance(error, ConnectionRefusedError):
        return ClusterUnreachable(f"{where} refuses the connection", "is the cluster running? check `server` and the current context")
    if isinstance(error, tcp.gaierror):
        return ClusterUnreachable(f"{where}: its name cannot be resolved", "check `server` in the kubeconfig, and your network or VPN")
    if isinstance(error, TimeoutError):
        return ClusterUnreachable(f"{where} does not answer in time", network)
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return ClusterUnreachable(f"{where} cannot be reached: {text}", network)
