"""``metrics.k8s.io/v1beta1``: what pods and nodes use, as the metrics server says it; `kubectl top` and `arena top` read it."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from arena_core.k8s import selectors, time
from arena_local.context import ContainerUse, Use
from arena_local.http.paths import Target
from arena_local.http.respond import answer as reply
from arena_local.http.respond import not_found_page
from arena_local.http.shared import Shared
from arena_local.server.errors import Refusal, bad_request

Obj = dict[str, Any]
GROUP, VERSION = "metrics.k8s.io", "v1beta1"
_KINDS = {"nodes": "NodeMetrics", "pods": "PodMetrics"}


def documents() -> Obj:
    """Return the discovery document of the version."""
    rows = [
        {"name": plural, "singularName": "", "namespaced": plural == "pods", "kind": kind, "verbs": ["get", "list"]}
        for plural, kind in _KINDS.items()
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{GROUP}/{VERSION}", "resources": rows}


def aggregated() -> Obj:
    """Return the group's row of the aggregated discovery."""
    rows = [
        {
            "resource": plural,
            "responseKind": {"group": "", "version": "", "kind": kind},
            "scope": "Namespaced" if plural == "pods" else "Cluster",
            "singularResource": "",
            "verbs": ["get", "list"],
        }
        for plural, kind in _KINDS.items()
    ]
    versions = [{"version": VERSION, "resources": rows, "freshness": "Current"}]
    return {"metadata": {"name": GROUP, "creationTimestamp": None}, "versions": versions}


async def answer(shared: Shared, request: web.Request, target: Target) -> web.StreamResponse:
    """Answer a list, or one object."""
    backend, kind = shared.context.pods, _KINDS.get(target.plural)
    if backend is None or kind is None or target.version != VERSION or target.subresource:
        return not_found_page()
    if request.method not in ("GET", "HEAD"):
        raise Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    use = await backend.usage()
    items = _nodes(shared, use) if target.plural == "nodes" else _pods(shared, use, target.namespace)
    if target.name:
        found = next((item for item in items if item["metadata"]["name"] == target.name), None)
        if found is None:
            name = f"{target.namespace}/{target.name}" if target.namespace else target.name
            raise Refusal(404, "NotFound", f'{kind.lower()}.{GROUP} "{name}" not found')
        return reply(request, {"kind": kind, "apiVersion": f"{GROUP}/{VERSION}", **found})
    try:
        wanted = selectors.parse(request.query.get("labelSelector", ""))
    except ValueError as error:
        raise bad_request(str(error)) from None
    items = [item for item in items if selectors.matches(wanted, item["metadata"].get("labels") or {})]
    return reply(request, {"kind": f"{kind}List", "apiVersion": f"{GROUP}/{VERSION}", "metadata": {}, "items": items})


def _pods(shared: Shared, use: Use, namespace: str) -> list[Obj]:
    by_pod: dict[str, list[ContainerUse]] = {}
    for one in use.containers:
        by_pod.setdefault(one.uid, []).append(one)
    items = []
    for entry in shared.api.store.entries("pods", namespace):
        containers = by_pod.get(entry.obj["metadata"]["uid"])
        if containers:
            usage = [{"name": one.container, "usage": _usage(one.cores, one.memory)} for one in containers]
            items.append({**_head(shared, entry.obj, use), "containers": usage})
    return items


def _nodes(shared: Shared, use: Use) -> list[Obj]:
    """Return the nodes: one is the machine, of several each has what its pods use."""
    nodes = [entry.obj for entry in shared.api.store.entries("nodes")]
    if len(nodes) == 1:
        return [{**_head(shared, nodes[0], use), "usage": _usage(use.cores, use.memory), **_gpus(shared, use)}]
    where = {e.obj["metadata"]["uid"]: e.obj["spec"].get("nodeName") for e in shared.api.store.entries("pods")}
    items = []
    for node in nodes:
        mine = [one for one in use.containers if where.get(one.uid) == node["metadata"]["name"]]
        items.append({**_head(shared, node, use), "usage": _usage(sum(one.cores for one in mine), sum(one.memory for one in mine))})
    if items:
        items[0] |= _gpus(shared, use)
    return items


def _gpus(shared: Shared, use: Use) -> Obj:
    """Return what the real GPUs do, beside what the metrics server would say: `arena top` reads it, others pass over it.

    Several nodes are all this machine: the GPUs are then told with the first of them, each with the pod that holds it.
    """
    if not use.gpus:
        return {}
    pods = {e.obj["metadata"]["uid"]: e.obj["metadata"] for e in shared.api.store.entries("pods")}
    rows = []
    for gpu in use.gpus:
        pod = pods.get(gpu.pod, {})
        known = {"dutyCycle": gpu.duty, "memoryUsed": gpu.used, "memoryTotal": gpu.total}
        rows.append({"index": gpu.number, "uuid": gpu.uuid, "namespace": pod.get("namespace", ""), "pod": pod.get("name", ""), **known})
    return {"gpus": rows}


def _head(shared: Shared, obj: Obj, use: Use) -> Obj:
    meta, now = obj["metadata"], time.text(shared.api.now())
    kept = {key: meta[key] for key in ("name", "namespace", "labels") if meta.get(key)}
    return {"metadata": {**kept, "creationTimestamp": now}, "timestamp": now, "window": f"{use.window:.3f}s"}


def _usage(cores: float, memory: int) -> Obj:
    return {"cpu": f"{round(cores * 10**9)}n", "memory": f"{memory // 1024}Ki"}
