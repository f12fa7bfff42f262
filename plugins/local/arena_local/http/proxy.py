"""The proxy subresource of pods and services: plain HTTP to a port of a pod."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web

from arena_core.k8s import selectors
from arena_local.http import bodies
from arena_local.http.paths import Target
from arena_local.http.shared import Shared
from arena_local.sdk.bundle import ApiError
from arena_local.server.errors import Refusal, bad_request, not_found
from arena_local.server.registry import Resource

Obj = dict[str, Any]
#: Headers that belong to one connection and are not passed on.
_HOP = frozenset({"connection", "host", "keep-alive", "te", "trailers", "transfer-encoding", "upgrade", "authorization", "content-length"})
_IN_PATH = "/:@!$&'()*+,;=~"
_LIMIT = 64 * 1024 * 1024


def _split(name: str) -> tuple[str, str]:
    """Return name and port of ``name``, ``name:port`` or ``scheme:name:port``."""
    parts = name.split(":")
    if len(parts) == 3:
        if parts[0] == "https":
            raise bad_request("the local cluster proxies plain http only")
        parts = parts[1:]
    return parts[0], parts[1] if len(parts) > 1 else ""


def _pod_port(pod: Obj, wanted: Any) -> int:
    ports = [port for container in pod["spec"]["containers"] for port in container.get("ports") or ()]
    if not wanted:
        return int(ports[0]["containerPort"]) if ports else 80
    if str(wanted).isdigit():
        return int(wanted)
    for port in ports:
        if port.get("name") == wanted:
            return int(port["containerPort"])
    raise bad_request(f"pod {pod['metadata']['name']} has no port named {wanted}")


def _behind(shared: Shared, namespace: str, service: Obj, port: str) -> tuple[Obj, int]:
    """Return a ready pod of a service and its port."""
    spec = service["spec"]
    ports = spec.get("ports") or []
    chosen = next((item for item in ports if port in ("", str(item.get("port")), item.get("name"))), None)
    if chosen is None:
        raise Refusal(503, "ServiceUnavailable", f'no service port "{port}" found for service "{service["metadata"]["name"]}"')
    for entry in shared.api.store.entries("pods", namespace):
        pod = entry.obj
        running = (pod.get("status") or {}).get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp")
        labels = pod["metadata"].get("labels") or {}
        if running and spec.get("selector") and selectors.matches_object({"matchLabels": spec["selector"]}, labels):
            return pod, _pod_port(pod, chosen.get("targetPort") or chosen["port"])
    raise Refusal(503, "ServiceUnavailable", f'no endpoints available for service "{service["metadata"]["name"]}"')


async def answer(shared: Shared, request: web.Request, resource: Resource, target: Target) -> web.StreamResponse:
    """Pass a request on."""
    name, port = _split(target.name)
    entry = shared.api.store.get(resource.storage_id, target.namespace, name)
    if entry is None:
        raise not_found(resource.plural, "", name)
    if resource.storage_id == "services":
        pod, number = _behind(shared, target.namespace, entry.obj, port)
    else:
        pod, number = entry.obj, _pod_port(entry.obj, port)
    backend = shared.context.pods
    if backend is None:
        raise Refusal(503, "ServiceUnavailable", "this server runs no pods")
    try:
        reader, writer = await backend.connect(pod, number)
    except (ApiError, OSError) as error:
        text = f"error trying to reach service: {error}"
        raise Refusal(503, "ServiceUnavailable", text) from None
    try:
        return await _relay(request, target, reader, writer)
    finally:
        writer.close()


async def _relay(request: web.Request, target: Target, reader: Any, writer: Any) -> web.StreamResponse:
    body = await bodies.read(request)
    # As it came: decoded, a query with blanks would be no request line.
    query = f"?{raw}" if (raw := request.rel_url.raw_query_string) else ""
    lines = [f"{request.method} /{quote(target.rest, safe=_IN_PATH)}{query} HTTP/1.0", "Host: localhost"]
    lines += [f"{key}: {value}" for key, value in request.headers.items() if key.lower() not in _HOP]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    writer.write("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body)
    await writer.drain()
    status = await reader.readline()
    parts = status.split(None, 2)
    if len(parts) < 2 or not parts[1].isdigit():
        raise Refusal(502, "BadGateway", "the pod did not answer with HTTP")
    response = web.StreamResponse(status=int(parts[1]))
    while (line := (await reader.readline()).strip()) and len(response.headers) < 200:
        key, _, value = line.decode("latin-1").partition(":")
        if key.lower() not in _HOP:
            response.headers.add(key, value.strip())
    await response.prepare(request)
    passed = 0
    while (data := await reader.read(65536)) and passed < _LIMIT:
        passed += len(data)
        await response.write(data)
    await response.write_eof()
    return response
