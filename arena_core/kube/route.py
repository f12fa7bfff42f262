"""The way to an API server: directly, or through a proxy. A proxy that fails is told as the proxy's failure."""

from __future__ import annotations

from arena_core.kube.address import PROXIES, Proxy, split
from arena_core.kube.endpoint import Endpoint
from arena_core.kube.noproxy import from_environment
from arena_core.kube.sockets import connected, gaierror
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

_PORTS = {"http": 80, "https": 443, "socks5": 1080}


def proxy_for(endpoint: Endpoint, scheme: str, host: str, port: int) -> Proxy | None:
    """Return ``proxy-url`` of the kubeconfig, else the proxy of the environment, else None."""
    if endpoint.proxy:
        return Proxy(split(endpoint.proxy, f"the proxy-url for {endpoint.display}", PROXIES), "proxy-url of the kubeconfig")
    text, name = from_environment(scheme, host, port)
    if not text:
        return None
    return Proxy(split(text if "://" in text else f"http://{text}", f"the proxy that {name} names", PROXIES), name)


class Route:
    """How to reach ``host`` and ``port``. ``tunnel`` asks an HTTP proxy for a connection; without it the proxy forwards requests."""

    def __init__(self, host: str, port: int, proxy: Proxy | None, *, tunnel: bool, endpoint: Endpoint) -> None:
        self.host = host
        self.port = port
        self._proxy = proxy
        self._tunnel = tunnel
        self._endpoint = endpoint

    @property
    def forwards(self) -> bool:
        """Whether requests go to an HTTP proxy, which passes them on."""
        return self._proxy is not None and self._proxy.url.scheme in ("http", "https") and not self._tunnel

    @property
    def authorization(self) -> dict[str, str]:
        """The header for a proxy that wants to know its users."""
        url = self._proxy.url if self._proxy else None
        if url is None or not url.username:
            return {}
        import base64
        from urllib.parse import unquote

        pair = f"{unquote(url.username)}:{unquote(url.password or '')}".encode()
        return {"Proxy-Authorization": "Basic " + base64.b64encode(pair).decode()}

    def dial(self, timeout: float) -> socket.socket:
        """Return a connected socket, to the server or to what passes on to it."""
        proxy = self._proxy
        if proxy is None:
            return connected(self.host, self.port, timeout)
        try:
            sock = connected(proxy.url.hostname or "", proxy.url.port or _PORTS[proxy.url.scheme], timeout)
        except ConnectionRefusedError:
            raise proxy.failed("refuses the connection") from None
        except gaierror:
            raise proxy.failed("cannot be found: its name cannot be resolved") from None
        except TimeoutError:
            raise proxy.failed("does not answer in time") from None
        try:
            if proxy.url.scheme == "https":
                from arena_core.kube.tlsproxy import secured

                sock = secured(sock, proxy, self._endpoint)
            if proxy.url.scheme == "socks5":
                from arena_core.kube.socks import negotiate

                negotiate(sock, proxy, self.host, self.port)
            elif self._tunnel:
                self._ask_for_tunnel(sock, proxy)
        except (OSError, EOFError) as error:
            sock.close()
            slow = isinstance(error, TimeoutError)
            raise proxy.failed("does not answer in time" if slow else "closes the connection without an answer") from None
        except BaseException:
            sock.close()
            raise
        return sock

    def _ask_for_tunnel(self, sock: socket.socket, proxy: Proxy) -> None:
        host = f"[{self.host}]" if ":" in self.host else self.host.encode("idna").decode()
        head = [f"CONNECT {host}:{self.port} HTTP/1.1", f"Host: {host}:{self.port}"]
        head += [f"{name}: {value}" for name, value in self.authorization.items()]
        sock.sendall("\r\n".join([*head, "", ""]).encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            # Byte by byte: what follows the head belongs to the server.
            byte = sock.recv(1)
            if not byte or len(answer) > 65536:
                raise EOFError
            answer += byte
        words = answer.split(b"\r\n", 1)[0].split(None, 2)
        code = words[1].decode("ascii", "replace") if len(words) > 1 else ""
        if not code.startswith("2") or not words[0].startswith(b"HTTP/"):
            wants = " (it wants a user and a password)" if code == "407" else ""
            raise proxy.failed(f"gives no way to {self.host}:{self.port}: it answers {code[:3] or 'something odd'}{wants}")
