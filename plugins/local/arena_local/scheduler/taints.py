"""Pods leave a node whose ``NoExecute`` taint they do not tolerate, at once or after their ``tolerationSeconds``."""

from __future__ import annotations

from collections.abc import Callable

from arena_core.k8s import time
from arena_local.context import ServerApi
from arena_local.scheduler import affinity, fit
from arena_local.sdk.bundle import Api, ApiError, Obj
from arena_local.sdk.clock import Timer

COMPONENT = "taint-eviction-controller"


def seconds_left(pod: Obj, node: Obj) -> float | None:
    """Return how long the pod may stay: 0 to leave now, None for ever."""
    taints = [t for t in node.get("spec", {}).get("taints") or () if t.get("effect") == "NoExecute"]
    least: float | None = None
    for taint in taints:
        covering = [t for t in pod["spec"].get("tolerations") or () if affinity.tolerates([t], taint)]
        if not covering:
            return 0.0
        limits = [float(t["tolerationSeconds"]) for t in covering if t.get("tolerationSeconds") is not None]
        if limits:
            least = min([max(0.0, min(limits))] + ([least] if least is not None else []))
    return least


class TaintEviction:
    """Watches nodes and pods; part of the scheduler's component."""

    def __init__(self, api: ServerApi) -> None:
        self._api = api
        self._timers: dict[str, Timer] = {}
        self._unsubscribe: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin to work."""
        self._unsubscribe = self._api.subscribe(self._heard)

    def stop(self) -> None:
        """End the work."""
        if self._unsubscribe:
            self._unsubscribe()
        for timer in self._timers.values():
            timer.cancel()

    def _heard(self, kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        if resource == "nodes" and kind != "DELETED" and (old is None or obj.get("spec") != old.get("spec")):
            for pod in self._api.list("pods"):
                if pod["spec"].get("nodeName") == obj["metadata"]["name"]:
                    self._consider(pod, obj)
        elif resource == "pods" and kind != "DELETED" and obj["spec"].get("nodeName") and (old is None or not old["spec"].get("nodeName")):
            node = self._api.find("nodes", "", obj["spec"]["nodeName"])
            if node:
                self._consider(obj, node)

    def _consider(self, pod: Obj, node: Obj) -> None:
        uid = pod["metadata"]["uid"]
        if timer := self._timers.pop(uid, None):
            timer.cancel()
        left = seconds_left(pod, node)
        if left is not None and not fit.finished(pod) and "deletionTimestamp" not in pod["metadata"]:
            self._timers[uid] = self._api.clock.call_later(left, self._evict, pod)

    def _evict(self, pod: Obj) -> None:
        meta = pod["metadata"]
        self._timers.pop(meta["uid"], None)
        current = self._api.find("pods", meta["namespace"], meta["name"])
        if current is None or current["metadata"]["uid"] != meta["uid"]:
            return
        where = f"{meta['namespace']}/{meta['name']}"
        self._api.event(current, "Normal", "TaintManagerEviction", f"Marking for deletion Pod {where}", component=COMPONENT)
        disrupt(self._api, current, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint", COMPONENT)


def disrupt(api: Api, pod: Obj, reason: str, message: str, manager: str) -> None:
    """Mark a pod with the condition DisruptionTarget and delete it."""
    meta = pod["metadata"]
    condition: Obj = {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message}
    condition |= {"lastProbeTime": None, "lastTransitionTime": time.text(api.now()), "observedGeneration": meta.get("generation", 1)}
    try:
        current = api.get("pods", meta["namespace"], meta["name"])
        old = [c for c in (current.get("status") or {}).get("conditions") or () if c["type"] != "DisruptionTarget"]
        api.update_status({**current, "status": {**(current.get("status") or {}), "conditions": [*old, condition]}}, manager=manager)
        api.delete("pods", meta["namespace"], meta["name"], uid=meta["uid"], manager=manager)
    except ApiError:
        return
