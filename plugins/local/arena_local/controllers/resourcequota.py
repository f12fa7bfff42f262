"""ResourceQuota: writes what a namespace has used. What an object takes is said in ``api.policy.resourcequota``, for admission, too."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping

from arena_local.sdk.bundle import Api, Key, Obj
from arena_local.server.policy import resourcequota
from arena_local.server.policy.amounts import show

_QUOTAS = resourcequota.QUOTAS
#: Kinds whose changes are seen at once.
_WATCHED = ("pods", "services", "configmaps", "secrets", "persistentvolumeclaims", "jobs.batch", "deployments.apps")
#: How often a quota that counts another kind looks again.
_AGAIN = 2.0


class QuotaController:
    """Writes ``status`` of ResourceQuotas."""

    name = "resourcequota"
    resource = _QUOTAS
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        self.batch = api.setting("resourcequota.status", 0.1)
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = dict.fromkeys(_WATCHED, self._of_namespace)

    def _of_namespace(self, obj: Obj) -> Iterable[Key]:
        namespace = obj["metadata"].get("namespace", "")
        return [(namespace, quota["metadata"]["name"]) for quota in self._api.list(_QUOTAS, namespace)] if namespace else ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Write hard and used."""
        quota = self._api.find(_QUOTAS, namespace, name)
        if quota is None or quota["metadata"].get("deletionTimestamp"):
            return None
        hard = (quota.get("spec") or {}).get("hard") or {}
        kinds = resourcequota.kinds_of(hard)
        objects = ((kind, obj) for kind in kinds for obj in self._api.list(kind, namespace))
        now = {key: show(key, amount) for key, amount in resourcequota.used(objects, quota).items()}
        status = {"hard": dict(hard), "used": now}
        self._api.update_status({**copy.deepcopy(dict(quota)), "status": status}, manager="resourcequota-controller")
        return None if kinds <= {*_WATCHED} else _AGAIN
