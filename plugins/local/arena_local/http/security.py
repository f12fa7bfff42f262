"""Who may talk to the server: the token in the path or the header, a loopback Host, no browser."""

from __future__ import annotations

import hmac
import ipaddress

from aiohttp import web

from arena_local.http.paths import parse
from arena_local.server.errors import Refusal

_PUBLIC = frozenset({"/version", "/healthz", "/readyz", "/livez"})


def _is_loopback(header: str) -> bool:
    host = header[1:].partition("]")[0] if header.startswith("[") else header.partition(":")[0]
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_origin(request: web.Request) -> None:
    """Refuse a foreign Host (DNS rebinding) and a foreign Origin (a web page); the Python client names the server itself as Origin."""
    address = request.headers.get("Host", "")
    if not _is_loopback(address):
        raise Refusal(403, "Forbidden", "the local cluster answers only to a loopback address in the Host header", {})
    if request.headers.get("Origin", f"http://{address}") != f"http://{address}":
        raise Refusal(403, "Forbidden", "the local cluster answers no web page (Origin header)", {})


def authenticate(path: str, request: web.Request, token: str) -> str:
    """Return the path without the token; raises 401 or 403."""
    first, _, rest = path.lstrip("/").partition("/")
    if token and hmac.compare_digest(first.encode("utf-8", "replace"), token.encode()):
        return "/" + rest
    given = request.headers.get("Authorization", "")
    if given:
        if given.startswith("Bearer ") and hmac.compare_digest(given[7:].strip().encode("utf-8", "replace"), token.encode()) and token:
            return path
        raise Refusal(401, "Unauthorized", "Unauthorized")
    if path in _PUBLIC or not token:
        return path
    raise anonymous(path, request)


def anonymous(path: str, request: web.Request) -> Refusal:
    """The 403 of a request without credentials."""
    target = parse(path)
    if target is None:
        verb = request.method.lower()
        return Refusal(403, "Forbidden", f'forbidden: User "system:anonymous" cannot {verb} path "{path}"', {})
    verbs = {"GET": "get" if target.name else "list", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
    verb = verbs.get(request.method, request.method.lower())
    scope = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
    about = target.plural + (f".{target.group}" if target.group else "") + (f' "{target.name}"' if target.name else "")
    text = f'{about} is forbidden: User "system:anonymous" cannot {verb} resource "{target.plural}" in API group "{target.group}" {scope}'
    details = {**({"name": target.name} if target.name else {}), **({"group": target.group} if target.group else {}), "kind": target.plural}
    return Refusal(403, "Forbidden", text, details)
