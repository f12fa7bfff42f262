"""Addresses from outside (``server``, ``proxy-url``, the environment), read once and by Go's rules."""

from __future__ import annotations

from arena_core.contract.errors import ClusterUnreachable
from arena_core.records import record

#: The kinds of proxies that requests can go through.
PROXIES = ("http", "https", "socks5")
_SCHEMES = ("http", "https", "socks5", "socks5h", "socks4", "socks", "ftp", "ws", "wss", "file")

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~")
_PLAIN_PATH = _UNRESERVED | {"/"}
_PLAIN_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")


@record
class Address:
    """The parts of an address, as ``urllib.parse.urlsplit`` gives them."""

    scheme: str
    netloc: str
    path: str
    hostname: str | None
    port: int | None
    username: str | None = None
    password: str | None = None


def parts_of(text: str) -> Address:
    """Return the parts of an address; raises ``ValueError`` where it has a port or a host that cannot be.

    Plain addresses, which nearly all are, need no ``urllib.parse``: it loads the arithmetic of networks.
    """
    scheme, mark, rest = text.partition("://")
    netloc, slash, path = rest.partition("/")
    host, colon, port = netloc.partition(":")
    plain_port = not colon or (port.isascii() and port.isdigit() and len(port) < 6 and int(port) < 65536)
    if mark and scheme in ("http", "https") and host and _PLAIN_HOST.issuperset(host) and plain_port and _PLAIN_PATH.issuperset(path):
        return Address(scheme, netloc, slash + path, host, int(port) if colon else None)
    from urllib.parse import urlsplit

    found = urlsplit(text)
    return Address(found.scheme, found.netloc, found.path, found.hostname, found.port, found.username, found.password)


def quoted(text: str, safe: str = "") -> str:
    """Return a text as it stands in a path or query, as ``urllib.parse.quote`` gives it.

    >>> quoted("default"), quoted("a b/c"), quoted("a b/c", "/")
    ('default', 'a%20b%2Fc', 'a%20b/c')
    """
    if _UNRESERVED.issuperset(text.replace("/", "") if "/" in safe else text):
        return text
    return "".join(c if c in _UNRESERVED or c in safe else "".join(f"%{byte:02X}" for byte in c.encode()) for c in text)


def server_url(text: str, whose: str) -> str:
    """Return the address of an API server in one spelling.

    >>> server_url("HTTP://127.0.0.1:80/k8s/", "the cluster"), server_url("127.0.0.1:80", "the cluster")
    ('http://127.0.0.1:80/k8s', 'http://127.0.0.1:80')
    """
    parts = split(text if "://" in text else f"http://{text}", f"{whose}: server", ("http", "https"))
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def split(text: str, what: str, schemes: tuple[str, ...]) -> Address:
    """Return the parts of an address with a host, a port that exists and one of the schemes; the address itself is not quoted."""
    wanted = "expected " + " or ".join(f"{scheme}://HOST:PORT" for scheme in schemes)
    if any(c <= " " or c == "\x7f" for c in text):
        raise ClusterUnreachable(f"{what} has a blank or a control character in it", wanted)
    try:
        parts = parts_of(text)
        host, port = parts.hostname, parts.port
        if host and not host.isascii():
            host.encode("idna")
    except ValueError:
        raise ClusterUnreachable(f"{what} is not a valid address: its host or port cannot be used", wanted) from None
    if parts.scheme not in schemes:
        # What is no scheme at all may be a secret in a wrong place.
        named = f"starts with {parts.scheme}://, which is not supported" if parts.scheme in _SCHEMES else "has no scheme that is supported"
        raise ClusterUnreachable(f"{what} {named}", wanted)
    if not host or any(len(label) > 63 for label in host.split(".")) or ".." in host or host.startswith("."):
        raise ClusterUnreachable(f"{what} is not a valid address: it has no usable host name", wanted)
    if port == 0:
        raise ClusterUnreachable(f"{what} is not a valid address: port 0", wanted)
    return parts


def shown(parts: Address) -> str:
    """Return scheme, host and port: what may be shown of an address."""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("127.evil.example")
    (True, False)
    """
    digits = host.split(".")
    return host in ("localhost", "::1") or (digits[0] == "127" and len(digits) == 4 and all(d.isascii() and d.isdigit() for d in digits))


class Proxy:
    """A proxy and who names it."""

    def __init__(self, url: Address, named_by: str) -> None:
        self.url = url
        self.named_by = named_by

    def failed(self, what: str) -> ClusterUnreachable:
        """Return the error for what went wrong; it never shows the proxy's user and password."""
        return ClusterUnreachable(f"the proxy {shown(self.url)} ({self.named_by}) {what}", f"check {self.named_by}, and NO_PROXY")
