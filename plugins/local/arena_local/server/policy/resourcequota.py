"""ResourceQuota: what an object takes of a quota. The one reader of it, for admission and for the controller of the status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from arena_core.k8s import podsize, quantity
from arena_local.server.errors import forbidden
from arena_local.server.policy.amounts import show
from arena_local.server.policy.quotascopes import matches
from arena_local.server.registry import Resource

if TYPE_CHECKING:
    from arena_local.server.core import Host

Obj = Mapping[str, Any]
Amounts = dict[str, int]
QUOTAS = "resourcequotas"
#: Kinds with a key of their own, from before there was ``count/``.
_PLAIN = frozenset(["pods", "services", "configmaps", "secrets", "persistentvolumeclaims", QUOTAS, "replicationcontrollers"])
_NATIVE = ("cpu", "memory", "ephemeral-storage")
#: What every container must say where a quota limits it.
_MUST = frozenset(f"{head}{name}" for head in ("", "requests.", "limits.") for name in ("cpu", "memory"))
_CLASS = "storageclass.storage.k8s.io"


def usage(storage_id: str, obj: Obj) -> Amounts:
    """Return what one object takes, under every key that a quota may have; a pod that has ended is only counted."""
    plural, _, group = storage_id.partition(".")
    taken = {f"count/{plural}" + (f".{group}" if group else ""): quantity.ONE}
    if storage_id in _PLAIN and not (storage_id == "pods" and _ended(obj)):
        taken[storage_id] = quantity.ONE
        more = _MORE.get(storage_id)
        taken |= more(obj) if more else {}
    return taken


def _ended(pod: Obj) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _compute(requests: Mapping[str, int], limits: Mapping[str, int]) -> Amounts:
    taken: Amounts = {}
    for name, amount in requests.items():
        taken[f"requests.{name}"] = amount
        if name in _NATIVE or name.startswith("hugepages-"):
            taken[name] = amount
    return taken | {f"limits.{name}": amount for name, amount in limits.items() if name in _NATIVE}


def _pod(pod: Obj) -> Amounts:
    return _compute(podsize.requests(pod.get("spec") or {}), podsize.limits(pod.get("spec") or {}))


def _service(service: Obj) -> Amounts:
    spec = service.get("spec") or {}
    ports, kind = len(spec.get("ports") or ()) * quantity.ONE, spec.get("type")
    if kind == "NodePort":
        return {"services.nodeports": ports}
    if kind == "LoadBalancer":
        opened = ports if spec.get("allocateLoadBalancerNodePorts", True) else 0
        return {"services.loadbalancers": quantity.ONE, "services.nodeports": opened}
    return {}


def _claim(claim: Obj) -> Amounts:
    spec = claim.get("spec") or {}
    size = podsize.read((spec.get("resources") or {}).get("requests")).get("storage", 0)
    taken, name = {"requests.storage": size}, spec.get("storageClassName")
    if name:
        taken |= {f"{name}.{_CLASS}/requests.storage": size, f"{name}.{_CLASS}/persistentvolumeclaims": quantity.ONE}
    return taken


_MORE = {"pods": _pod, "services": _service, "persistentvolumeclaims": _claim}


def kinds_of(hard: Mapping[str, Any]) -> set[str]:
    """Return the ids of the kinds whose objects the keys of a quota measure."""
    found = set()
    for key in hard:
        if key.startswith("count/"):
            found.add(key.removeprefix("count/"))
        elif key in _PLAIN:
            found.add(key)
        elif key.startswith("services."):
            found.add("services")
        else:
            found.add("persistentvolumeclaims" if key == "requests.storage" or _CLASS in key else "pods")
    return found


def used(objects: Iterator[tuple[str, Obj]], quota: Obj) -> Amounts:
    """Return what objects (each with the id of its kind) use of a quota."""
    spec = quota.get("spec") or {}
    total = dict.fromkeys(spec.get("hard") or {}, 0)
    for storage_id, obj in objects:
        if matches(spec, storage_id, obj):
            for key, amount in usage(storage_id, obj).items():
                if key in total:
                    total[key] += amount
    return total


def _unsaid(pod: Obj, hard: Mapping[str, Any]) -> Iterator[str]:
    """Yield what containers must say and do not: ``cpu for: a,b``."""
    spec, needed = pod.get("spec") or {}, _MUST & hard.keys()
    of_pod = _said(spec) if spec.get("resources") else set()
    for key in sorted(needed - of_pod):
        containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
        silent = sorted({str(item.get("name", "")) for item in containers if key not in _said(item)})
        if silent:
            yield f"{key} for: {','.join(silent)}"


def _said(holder: Obj) -> set[str]:
    resources = holder.get("resources") or {}
    return set(_compute(podsize.read(resources.get("requests")), podsize.read(resources.get("limits"))))


def check(host: Host, resource: Resource, obj: Obj, old: Obj | None = None) -> None:
    """Refuse an object (or its growth) for which a quota of its namespace has no room; raises 403."""
    own, kind = obj.get("metadata") or {}, resource.storage_id
    quotas = host.entries(QUOTAS, own["namespace"]) if own.get("namespace") else []
    if not quotas:
        return
    taken, before = usage(kind, obj), usage(kind, old) if old is not None else {}
    grown = {key: amount - before.get(key, 0) for key, amount in taken.items() if amount > before.get(key, 0)}
    for entry in quotas:
        spec, name = entry.obj.get("spec") or {}, entry.obj["metadata"]["name"]
        hard: Mapping[str, Any] = spec.get("hard") or {}
        if not matches(spec, kind, obj):
            continue
        if kind == "pods" and old is None:
            unsaid = "; ".join(_unsaid(obj, hard))
            if unsaid:
                raise forbidden(resource.plural, resource.group, own.get("name", ""), f"failed quota: {name}: must specify {unsaid}")
        wanted = {key: amount for key, amount in sorted(grown.items()) if key in hard}
        if wanted:
            _fits(host, resource, own, entry.obj, wanted)


def _fits(host: Host, resource: Resource, own: Obj, quota: Obj, wanted: Amounts) -> None:
    limits = podsize.read(quota["spec"]["hard"])
    now = used(((resource.storage_id, entry.obj) for entry in host.entries(resource.storage_id, own["namespace"])), quota)
    over = {key: amount for key, amount in wanted.items() if now[key] + amount > limits[key]}
    if over:
        parts = (("requested", over), ("used", now), ("limited", limits))
        text = ", ".join(f"{what}: " + ",".join(f"{key}={show(key, amounts[key])}" for key in over) for what, amounts in parts)
        why = f"exceeded quota: {quota['metadata']['name']}, {text}"
        raise forbidden(resource.plural, resource.group, own.get("name", ""), why)
