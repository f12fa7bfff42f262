"""Delete finished Jobs ``ttlSecondsAfterFinished`` after their end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from arena_core.k8s import conditions, time
from arena_local.sdk.bundle import Api, Key, Obj


class TtlController:
    """The TTL-after-finished controller."""

    name = "ttl-after-finished"
    resource = "jobs.batch"
    owns: tuple[str, ...] = ()
    watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {}

    def __init__(self, api: Api) -> None:
        self._api = api

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Delete the Job when its time has come; else return how long it still has."""
        job = self._api.find(self.resource, namespace, name)
        ttl = job["spec"].get("ttlSecondsAfterFinished") if job else None
        if job is None or ttl is None or job["metadata"].get("deletionTimestamp"):
            return None
        for type in ("Complete", "Failed"):
            condition = conditions.find(job, type)
            if condition and condition["status"] == "True":
                left = ttl - (self._api.now() - time.read(condition["lastTransitionTime"])).total_seconds()
                if left > 0:
                    return float(left)
                uid = job["metadata"]["uid"]
                self._api.delete(self.resource, namespace, name, uid=uid, propagation="Foreground", manager="kube-controller-manager")
                return None
        return None
