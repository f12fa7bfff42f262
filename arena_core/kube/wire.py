"""Connections to one API server: plain, TLS, or through a proxy; and connection failures in words."""

from __future__ import annotations

import base64
import http.client
import os
import select
import socket
import ssl
from urllib.parse import SplitResult, unquote, urlsplit

from arena_core.errors import ClusterUnreachable
from arena_core.kube.answer import BadAnswer
from arena_core.kube.endpoint import Endpoint

CONNECT_TIMEOUT = 10.0
#: Failures of a connection that say nothing about whether the request arrived.
BROKEN = (
    ConnectionResetError,
    BrokenPipeError,
    ConnectionAbortedError,
    TimeoutError,
    ssl.SSLError,
    http.client.HTTPException,
    # What http.client raises on some damaged heads and chunks. Headers of ours are checked before they get here.
    ValueError,
)


class _TlsConnection(http.client.HTTPSConnection):
    """HTTPS that checks the certificate against ``tls-server-name`` where one is given."""

    def __init__(self, host: str, port: int, *, context: ssl.SSLContext, timeout: float, server_name: str) -> None:
        super().__init__(host, port, context=context, timeout=timeout)
        self._tls = context
        self._server_name = server_name

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._server_name)


class Wire:
    """Opens connections. ``prefix`` is what goes before every path on the request line."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._url = urlsplit(endpoint.server)
        self._tls: ssl.SSLContext | None = None
        self._proxy = _proxy_for(endpoint, self._url)
        self.prefix = self._url.path.rstrip("/")
        self.proxy_headers: dict[str, str] = {}
        if self._proxy and self._url.scheme == "http":
            self.prefix = f"http://{self._url.netloc.rpartition('@')[2]}{self.prefix}"
            self.proxy_headers = _proxy_authorization(self._proxy)

    def renew(self, endpoint: Endpoint) -> None:
        """Use new credentials for the connections to come."""
        self.endpoint = endpoint
        self._tls = None

    def open(self, timeout: float | None) -> http.client.HTTPConnection:
        """Return a connected connection whose reads wait at most ``timeout`` seconds (None = for ever)."""
        connection = self._new()
        connection.timeout = CONNECT_TIMEOUT if timeout is None else min(timeout, CONNECT_TIMEOUT)
        try:
            try:
                connection.connect()
            except ConnectionRefusedError:
                if self.endpoint.revive is None or not self.endpoint.revive():
                    raise
                connection.connect()
        except ssl.SSLError as error:
            from arena_core.kube import tls

            raise tls.explain(error, self.endpoint) from error
        except OSError as error:
            raise unreachable(error, self.endpoint) from error
        sock = connection.sock
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):
            # A follow may be silent for hours; a dead peer must be noticed all the same.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        sock.settimeout(timeout)
        return connection

    def _new(self) -> http.client.HTTPConnection:
        host = self._url.hostname or ""
        secure = self._url.scheme == "https"
        port = self._url.port or (443 if secure else 80)
        first_host, first_port = host, port
        if self._proxy:
            first_host, first_port = self._proxy.hostname or "", self._proxy.port or 80
        if not secure:
            return http.client.HTTPConnection(first_host, first_port, timeout=CONNECT_TIMEOUT)
        if self._tls is None:
            from arena_core.kube import tls

            self._tls = tls.context(self.endpoint)
        name = self.endpoint.server_name or host
        connection = _TlsConnection(first_host, first_port, context=self._tls, timeout=CONNECT_TIMEOUT, server_name=name)
        if self._proxy:
            connection.set_tunnel(host, port, headers=_proxy_authorization(self._proxy))
        return connection


def _proxy_for(endpoint: Endpoint, url: SplitResult) -> SplitResult | None:
    """Return ``proxy-url`` of the kubeconfig, else the proxy of the environment, else None."""
    proxy = endpoint.proxy
    if not proxy and any(os.environ.get(n) for n in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")):
        from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

        host = url.netloc.rpartition("@")[2]
        if not endpoint.loopback and not proxy_bypass_environment(host):
            proxy = getproxies_environment().get(url.scheme, "")
    if not proxy:
        return None
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.scheme != "http":
        raise ClusterUnreachable(
            f"a proxy with {parts.scheme}:// is not supported for {endpoint.display}", "use an http:// proxy in proxy-url or HTTPS_PROXY"
        )
    return parts


def _proxy_authorization(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair).decode()}


def is_stale(sock: socket.socket) -> bool:
    """Whether a kept connection has been closed by the server: it would be readable, though nothing was asked."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def unreachable(error: BaseException, endpoint: Endpoint) -> ClusterUnreachable:
    """Say why there is no connection, and what to check."""
    where = f"the API server at {endpoint.display}"
    if isinstance(error, ConnectionRefusedError):
        return ClusterUnreachable(f"{where} refuses the connection", "is the cluster running? check `server` and the current context")
    if isinstance(error, socket.gaierror):
        return ClusterUnreachable(f"{where}: its name cannot be resolved", "check `server` in the kubeconfig, and your network or VPN")
    if isinstance(error, http.client.RemoteDisconnected):
        return ClusterUnreachable(f"{where} closes the connection without an answer", "is the cluster restarting? try again")
    if isinstance(error, http.client.HTTPException | ValueError):
        # Its text quotes what came.
        return BadAnswer(f"{where} sent a damaged answer ({type(error).__name__})", "try again; a proxy may be in the way")
    if isinstance(error, TimeoutError):
        return ClusterUnreachable(f"{where} does not answer in time", "check your network or VPN, and whether the cluster is running")
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return ClusterUnreachable(f"{where} cannot be reached: {text}", "check your network or VPN, and whether the cluster is running")
