"""Subresources that are created: binding, eviction, token."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from arena_core.k8s import selectors, time
from arena_core.k8s.copies import clone
from arena_local.server import deletes
from arena_local.server.errors import Refusal, bad_request, conflict, internal, not_found
from arena_local.server.options import DeleteOptions, WriteOptions
from arena_local.server.registry import Resource
from arena_local.store import Change

if TYPE_CHECKING:
    from arena_local.server.core import Core

Obj = dict[str, Any]
_SUCCESS = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}


def _part(body: Obj, key: str) -> Obj:
    """Return a part of a body; raises 400 where it is no object."""
    found = body.get(key) or {}
    if not isinstance(found, dict):
        raise bad_request(f"json: cannot unmarshal into Go struct field .{key}: an object is expected")
    return found


def bind(server: Core, namespace: str, name: str, body: Obj) -> Obj:
    """Bind a pod to a node, as a scheduler does."""
    entry = server.store.get("pods", namespace, name)
    if entry is None:
        raise not_found("pods", "", name)
    node = _part(body, "target").get("name", "")
    if not node:
        raise bad_request("target.name: Required value")
    if entry.obj["spec"].get("nodeName"):
        raise conflict("pods/binding", "", name, f'pod {name} is already assigned to node "{entry.obj["spec"]["nodeName"]}"')
    if entry.obj["metadata"].get("deletionTimestamp"):
        raise conflict("pods/binding", "", name, f"pod {name} is being deleted, cannot be assigned to a host")
    obj = clone(entry.obj)
    obj["spec"]["nodeName"] = node
    now = time.text(server.now())
    status = obj.setdefault("status", {})
    generation = obj["metadata"].get("generation", 1)
    others = [item for item in status.get("conditions") or () if item["type"] != "PodScheduled"]
    scheduled = {
        "type": "PodScheduled",
        "observedGeneration": generation,
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": now,
    }
    status["conditions"] = [*others, scheduled]
    server.commit([Change("pods", namespace, name, obj)])
    return {**_SUCCESS, "code": 201}


def _evict(server: Core, resource: Resource, namespace: str, name: str, body: Obj, options: WriteOptions) -> Obj:
    given = _part(body, "deleteOptions")
    conditions = _part(given, "preconditions")
    asked = DeleteOptions(
        grace=given.get("gracePeriodSeconds"),
        uid=conditions.get("uid") or "",
        resource_version=conditions.get("resourceVersion") or "",
        propagation=given.get("propagationPolicy") or "Background",
        dry_run=options.dry_run,
    )
    pod = server.get("pods", namespace, name)
    for entry in server.store.entries("poddisruptionbudgets.policy", namespace):
        if _guards(entry.obj, pod) and (entry.obj.get("status") or {}).get("disruptionsAllowed", 1) <= 0:
            text = "Cannot evict pod as it would violate the pod's disruption budget."
            raise Refusal(429, "TooManyRequests", text, {"causes": [{"reason": "DisruptionBudget", "message": text}]})
    deletes.delete(server, resource, namespace, name, asked if asked.dry_run else _mark_evicted(server, pod, asked))
    return {**_SUCCESS, "code": 201}


def _mark_evicted(server: Core, pod: Obj, asked: DeleteOptions) -> DeleteOptions:
    """Say on the pod that it is disrupted (a Job's podFailurePolicy looks at that); returns how to delete it then."""
    own = pod["metadata"]
    if asked.uid not in ("", own["uid"]) or asked.resource_version not in ("", own["resourceVersion"]):
        return asked  # the delete refuses with its own words
    condition = {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": time.text(server.now()),
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
    }
    status = pod.get("status") or {}
    others = [item for item in status.get("conditions") or () if item["type"] != "DisruptionTarget"]
    server.update_status({**pod, "status": {**status, "conditions": [*others, condition]}}, manager="kube-apiserver")
    return replace(asked, resource_version="")


def _guards(budget: Obj, pod: Obj) -> bool:
    return selectors.matches_object((budget.get("spec") or {}).get("selector"), pod["metadata"].get("labels") or {})


def create(server: Core, resource: Resource, namespace: str, name: str, sub: str, body: Obj, options: WriteOptions) -> Obj:
    """POST on a subresource."""
    if sub == "binding":
        return bind(server, namespace, name, body)
    if sub == "eviction":
        return _evict(server, resource, namespace, name, body, options)
    if sub == "token":
        server.get("serviceaccounts", namespace, name)
        seconds = _part(body, "spec").get("expirationSeconds") or 3600
        if not isinstance(seconds, int) or not 600 <= seconds <= 1 << 32:
            raise bad_request("spec.expirationSeconds: may not specify a duration less than 10 minutes or larger than 2^32 seconds")
        expires = time.text(server.now() + timedelta(seconds=seconds))
        status = {"token": f"local.{namespace}.{name}", "expirationTimestamp": expires}
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": name},
            "spec": body.get("spec") or {},
            "status": status,
        }
    raise internal(f"subresource {sub} is not available on the local cluster")


def finalize(server: Core, name: str, body: Obj) -> Obj:
    """PUT on a namespace's finalize: spec.finalizers alone."""
    entry = server.store.get("namespaces", "", name)
    if entry is None:
        raise not_found("namespaces", "", name)
    spec = {"finalizers": list(_part(body, "spec").get("finalizers") or [])}
    obj = {**entry.obj, "metadata": dict(entry.obj["metadata"]), "spec": spec if spec["finalizers"] else {}}
    return server.commit([Change("namespaces", "", name, obj)])[0].obj
