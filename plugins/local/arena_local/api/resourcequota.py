"""ResourceQuota: what a namespace may hold. Counts of objects, and what pods ask for; scopes are not looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from arena_local.api import quantity
from arena_local.api.errors import forbidden
from arena_local.api.registry import Resource

if TYPE_CHECKING:
    from arena_local.api.server import ApiServer

Obj = dict[str, Any]
QUOTAS = "resourcequotas"


def check_quota(server: ApiServer, resource: Resource, obj: Obj) -> None:
    """Refuse an object for which a quota of its namespace has no room."""
    namespace = obj.get("metadata", {}).get("namespace", "")
    if not namespace or resource.storage_id == QUOTAS:
        return
    for entry in server.entries(QUOTAS, namespace):
        hard: Mapping[str, Any] = entry.obj.get("spec", {}).get("hard") or {}
        wanted = {name: amount for name, amount in _usage(resource, obj) if name in hard}
        if not wanted:
            continue
        used = _used(server, resource, namespace, wanted)
        over = [name for name, amount in sorted(wanted.items()) if used[name] + amount > quantity.parse(hard[name])]
        if over:
            parts = (
                ("requested", {n: wanted[n] for n in over}),
                ("used", {n: used[n] for n in over}),
                ("limited", {n: quantity.parse(hard[n]) for n in over}),
            )
            text = ", ".join(f"{what}: {_list(amounts)}" for what, amounts in parts)
            name = obj["metadata"].get("name", "")
            raise forbidden(resource.plural, resource.group, name, f"exceeded quota: {entry.obj['metadata']['name']}, {text}")


def _list(amounts: Mapping[str, Decimal]) -> str:
    return ",".join(f"{name}={quantity.canonical(str(amount))}" for name, amount in amounts.items())


def _used(server: ApiServer, resource: Resource, namespace: str, wanted: Mapping[str, Decimal]) -> dict[str, Decimal]:
    used = dict.fromkeys(wanted, Decimal(0))
    for entry in server.entries(resource.storage_id, namespace):
        if resource.storage_id == "pods" and entry.obj.get("status", {}).get("phase") in ("Succeeded", "Failed"):
            continue
        for name, amount in _usage(resource, entry.obj):
            if name in used:
                used[name] += amount
    return used


def _usage(resource: Resource, obj: Obj) -> Iterator[tuple[str, Decimal]]:
    """Yield what one object counts for, under every name that a quota may use."""
    one = Decimal(1)
    yield f"count/{resource.plural}" + (f".{resource.group}" if resource.group else ""), one
    if not resource.group:
        yield resource.plural, one
    if resource.storage_id != "pods":
        return
    for kind in ("requests", "limits"):
        for name, amount in _asked(obj, kind).items():
            yield f"{kind}.{name}", amount
            if kind == "requests":
                yield name, amount


def _asked(pod: Obj, kind: str) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for container in pod.get("spec", {}).get("containers") or ():
        for name, amount in ((container.get("resources") or {}).get(kind) or {}).items():
            total[name] = total.get(name, Decimal(0)) + quantity.parse(amount)
    for container in pod.get("spec", {}).get("initContainers") or ():
        for name, amount in ((container.get("resources") or {}).get(kind) or {}).items():
            total[name] = max(total.get(name, Decimal(0)), quantity.parse(amount))
    return total
