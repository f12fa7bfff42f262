"""Which proxy the environment names for a server, by the rules of Go's ``httpproxy``, which kubectl follows."""

from __future__ import annotations

import os

from arena_core.kube.address import is_loopback


def from_environment(scheme: str, host: str, port: int) -> tuple[str, str]:
    """Return the proxy for a server and the name of the variable that says so; empty where it is reached directly."""
    names = ("HTTPS_PROXY", "https_proxy") if scheme == "https" else ("HTTP_PROXY", "http_proxy")
    name = next((n for n in names if os.environ.get(n)), "")
    if not name or is_loopback(host):
        return "", ""
    if bypassed(os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "", host, port):
        return "", ""
    return os.environ[name], name


def bypassed(no_proxy: str, host: str, port: int) -> bool:
    """Whether ``NO_PROXY`` names the server.

    >>> bypassed("10.0.0.0/8", "10.1.2.3", 443), bypassed(".example.com", "example.com", 443), bypassed("a.b:80", "a.b", 443)
    (True, False, False)
    """
    return any(_matches(entry.strip().lower(), host.lower().rstrip("."), port) for entry in no_proxy.split(","))


def _matches(entry: str, host: str, port: int) -> bool:
    if not entry:
        return False
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(entry, host)
    name, only = _with_port(entry)
    if only is not None and only != port:
        return False
    if _address(name) is not None:
        return _address(name) == _address(host)
    suffix = name.removeprefix("*")
    if not suffix.startswith("."):
        return host == suffix or host.endswith("." + suffix)
    return host.endswith(suffix) and host != suffix


def _with_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        port = rest.removeprefix(":")
    elif entry.count(":") > 1:
        return entry, None  # an IPv6 address
    else:
        name, _, port = entry.partition(":")
    return name, int(port) if port.isascii() and port.isdigit() and len(port) < 6 else None


def _address(text: str) -> object:
    import ipaddress

    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _in_network(entry: str, host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
