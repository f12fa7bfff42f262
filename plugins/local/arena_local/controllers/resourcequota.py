"""ResourceQuota: what a namespace has used, and the refusal of what goes beyond."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from arena_local.api.quantity import canonical, parse
from arena_local.bundle import Admission, Api, ApiError, Key, Obj
from arena_local.operator import pods as podlib

_QUOTAS = "resourcequotas"
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_COUNTED = {
    "pods": "pods",
    "services": "services",
    "configmaps": "configmaps",
    "secrets": "secrets",
    "persistentvolumeclaims": "persistentvolumeclaims",
    "resourcequotas": "resourcequotas",
    "replicationcontrollers": "replicationcontrollers",
}
#: Kinds whose creation is checked.
_CHECKED = ("pods", "services", "configmaps", "secrets", "persistentvolumeclaims", "jobs.batch", "deployments.apps")
Amounts = dict[str, Decimal]


def _resource_of(key: str) -> str:
    """Return the kind that a quota key counts, or "" where it measures pods."""
    return key.removeprefix("count/") if key.startswith("count/") else _COUNTED.get(key, "")


def _pod_amount(pod: Obj, key: str) -> Decimal | None:
    """Return how much of a compute key a pod asks for; None if it does not say."""
    field, _, name = key.partition(".")
    if field not in ("requests", "limits"):
        field, name = "requests", key
    total, said = Decimal(0), False
    for container in pod["spec"].get("containers") or ():
        value = ((container.get("resources") or {}).get(field) or {}).get(name)
        if value is not None:
            total, said = total + parse(value), True
    return total if said else None


def _measure(obj: Obj, resource: str, hard: Mapping[str, str]) -> Amounts:
    """Return what one object takes of the keys of a quota."""
    taken: Amounts = {}
    for key in hard:
        counted = _resource_of(key)
        if counted == resource:
            taken[key] = Decimal(1)
        elif not counted and resource == "pods":
            amount = _pod_amount(obj, key)
            if amount is not None:
                taken[key] = amount
    return taken


def used(api: Api, namespace: str, hard: Mapping[str, str]) -> Amounts:
    """Return what a namespace has used of the keys of a quota; pods that have ended do not count."""
    total: Amounts = {key: Decimal(0) for key in hard}
    kinds = {_resource_of(key) or "pods" for key in hard}
    for resource in kinds:
        for obj in api.list(resource, namespace):
            if resource == "pods" and podlib.finished(obj):
                continue
            for key, amount in _measure(obj, resource, hard).items():
                total[key] += amount
    return total


def _text(values: Mapping[str, Decimal]) -> str:
    return ",".join(f"{key}={_quantity(key, values[key])}" for key in sorted(values))


def _quantity(key: str, amount: Decimal) -> str:
    if "memory" in key or "storage" in key:
        whole = int(amount)
        return canonical(f"{whole // 1024}Ki") if whole and whole % 1024 == 0 else canonical(str(whole))
    return canonical(f"{int(amount * 1000)}m")


def admission() -> tuple[Admission, ...]:
    """Return the checks of new objects against the quotas of their namespace."""

    def checker(resource: str) -> Callable[[Api, Obj, Obj | None, str], Iterable[str] | None]:
        return lambda api, obj, old, operation: _check(api, resource, obj)

    return tuple(Admission("ResourceQuota", resource, ("CREATE",), validate=checker(resource)) for resource in _CHECKED)


def _check(api: Api, resource: str, obj: Obj) -> None:
    meta = obj["metadata"]
    for quota in api.list(_QUOTAS, meta.get("namespace", "")) if meta.get("namespace") else ():
        hard = (quota.get("spec") or {}).get("hard") or {}
        wanted = _measure(obj, resource, hard)
        name = quota["metadata"]["name"]
        plural, _, group = resource.partition(".")
        who = f'{resource} "{meta.get("name", "")}" is forbidden'
        details = {"name": meta.get("name", ""), "kind": plural, **({"group": group} if group else {})}
        if resource == "pods":
            missing = [key for key in sorted(hard) if not _resource_of(key) and key not in wanted and key.split(".")[-1] in _COMPUTE]
            if missing:
                names = ",".join(container["name"] for container in obj["spec"].get("containers") or ())
                text = "; ".join(f"{key} for: {names}" for key in missing)
                raise ApiError(403, "Forbidden", f"{who}: failed quota: {name}: must specify {text}", details)
        now = used(api, meta["namespace"], hard)
        over = {key: amount for key, amount in wanted.items() if now[key] + amount > parse(hard[key])}
        if over:
            limits = {key: parse(hard[key]) for key in over}
            spent = {key: now[key] for key in over}
            text = f"exceeded quota: {name}, requested: {_text(over)}, used: {_text(spent)}, limited: {_text(limits)}"
            raise ApiError(403, "Forbidden", f"{who}: {text}", details)


class QuotaController:
    """Writes ``status`` of ResourceQuotas."""

    name = "resourcequota"
    resource = _QUOTAS
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        self.batch = api.setting("resourcequota.status", 0.1)
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = dict.fromkeys(_CHECKED, self._of_namespace)

    def _of_namespace(self, obj: Obj) -> Iterable[Key]:
        namespace = obj["metadata"].get("namespace", "")
        return [(namespace, quota["metadata"]["name"]) for quota in self._api.list(_QUOTAS, namespace)] if namespace else ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Write hard and used."""
        quota = self._api.find(_QUOTAS, namespace, name)
        if quota is None or quota["metadata"].get("deletionTimestamp"):
            return None
        hard = (quota.get("spec") or {}).get("hard") or {}
        now = {key: _quantity(key, amount) for key, amount in used(self._api, namespace, hard).items()}
        status = {"hard": dict(hard), "used": now}
        self._api.update_status({**copy.deepcopy(dict(quota)), "status": status}, manager="resourcequota-controller")
        return None
