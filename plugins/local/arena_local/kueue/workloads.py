"""The life of a Workload apart from quota: deactivation, time limits, stopped queues, deletion."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping

from arena_core.k8s import conditions, time
from arena_local.kueue import kinds, queues, state
from arena_local.kueue.integration import Integrations
from arena_local.sdk.bundle import Api, Key, Obj

_WHAT_STOPS = {
    "ClusterQueueStopped": ("ClusterQueueRestarted", "The ClusterQueue was restarted after being stopped"),
    "LocalQueueStopped": ("LocalQueueRestarted", "The LocalQueue was restarted after being stopped"),
}


class WorkloadController:
    """Kueue's workload controller."""

    name = kinds.WORKLOAD_CONTROLLER
    resource = kinds.WORKLOADS
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api, integrations: Integrations) -> None:
        self._api = api
        self._all = integrations
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {
            kinds.CLUSTER_QUEUES: self._of_cluster_queue,
            kinds.LOCAL_QUEUES: self._of_local_queue,
            kinds.FLAVORS: lambda flavor: [
                key for _, name in queues.queues_with_flavor(api)(flavor) for key in self._of_cluster_queue({"metadata": {"name": name}})
            ],
        }

    def _of_cluster_queue(self, queue: Obj) -> Iterable[Key]:
        return [(w["metadata"]["namespace"], w["metadata"]["name"]) for w in queues.of_cluster_queue(self._api, queue["metadata"]["name"])]

    def _of_local_queue(self, queue: Obj) -> Iterable[Key]:
        meta = queue["metadata"]
        for workload in self._api.list(kinds.WORKLOADS, meta["namespace"]):
            if workload["spec"].get("queueName") == meta["name"]:
                yield (meta["namespace"], workload["metadata"]["name"])

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Look after one Workload."""
        workload = self._api.find(self.resource, namespace, name)
        if workload is None:
            return None
        if workload["metadata"].get("deletionTimestamp"):
            if not self._all.live_owner(self._api, workload):
                self._without_owner(workload)
            return None
        if kinds.finished(workload):
            return None
        edited = state.editable(workload)
        if not kinds.is_active(edited):
            self._deactivate(edited)
            return None
        if self._requeue(edited):
            return None
        if kinds.reserved(edited):
            return None if self._drain(edited) else self._time_limit(edited)
        self._explain(edited)
        return None

    def _without_owner(self, workload: Obj) -> None:
        if not kinds.finished(workload) and not self._all.owner(self._api, workload):
            workload = state.finish(self._api, state.editable(workload), "OwnerNotFound", "The workload's owner no longer exists")
        state.release(self._api, workload)

    def _deactivate(self, workload: Obj) -> None:
        target = conditions.find(workload, "DeactivationTarget")
        cause = target["reason"] if target and target["status"] == "True" else ""
        reason = f"DeactivatedDueTo{cause}" if cause else "Deactivated"
        message = f"The workload is deactivated due to {target['message']}" if target and cause else "The workload is deactivated"
        current = conditions.find(workload, "Evicted") or {}
        if current.get("status") == "True" and str(current.get("reason", "")).startswith("Deactivated"):
            return
        state.evict(self._api, workload, reason, message, cause=cause, stat="Deactivated", component=kinds.WORKLOAD_CONTROLLER)

    def _requeue(self, workload: Obj) -> bool:
        """Let a Workload queue again that was held back after its eviction, once the reason is gone."""
        current = conditions.find(workload, "Requeued") or {}
        if current.get("status") != "False":
            return False
        reason = str(current.get("reason", ""))
        if reason.startswith("Deactivated"):
            conditions.remove(workload["status"], "DeactivationTarget")
            state.put(self._api, workload, "Requeued", "True", "Reactivated", "The workload was reactivated")
        elif reason in _WHAT_STOPS and not self._stopped(workload, reason):
            state.put(self._api, workload, "Requeued", "True", *_WHAT_STOPS[reason])
        else:
            return False
        state.store(self._api, workload)
        return True

    def _queues(self, workload: Obj) -> tuple[Obj | None, Obj | None]:
        local = self._api.find(kinds.LOCAL_QUEUES, workload["metadata"]["namespace"], workload["spec"].get("queueName") or "-")
        name = ((workload.get("status") or {}).get("admission") or {}).get("clusterQueue")
        name = name or (local["spec"].get("clusterQueue") if local else None)
        return local, self._api.find(kinds.CLUSTER_QUEUES, "", name) if name else None

    def _stopped(self, workload: Obj, reason: str) -> bool:
        local, cluster = self._queues(workload)
        queue = cluster if reason == "ClusterQueueStopped" else local
        return queue is None or kinds.stopped(queue)

    def _drain(self, workload: Obj) -> bool:
        if kinds.evicted(workload):
            return True
        local, cluster = self._queues(workload)
        for queue, kind in ((local, "LocalQueue"), (cluster, "ClusterQueue")):
            if queue is not None and kinds.draining(queue):
                state.evict(self._api, workload, f"{kind}Stopped", f"The {kind} is stopped", component=kinds.WORKLOAD_CONTROLLER)
                return True
        return False

    def _time_limit(self, workload: Obj) -> float | None:
        limit = workload["spec"].get("maximumExecutionTimeSeconds")
        begun = conditions.find(workload, "Admitted")
        if limit is None or begun is None or begun["status"] != "True":
            return None
        spent = (workload.get("status") or {}).get("accumulatedPastExecutionTimeSeconds", 0)
        left = float(limit - spent - (self._api.now() - time.read(begun["lastTransitionTime"])).total_seconds())
        if left > 0:
            return left
        state.put(self._api, workload, "DeactivationTarget", "True", "MaximumExecutionTimeExceeded", "exceeding the maximum execution time")
        stored = copy.deepcopy(dict(state.store(self._api, workload)))
        text = f"The maximum execution time ({limit}s) exceeded"
        reason = "MaximumExecutionTimeExceeded"
        self._api.event(stored, "Warning", reason, text, component=kinds.WORKLOAD_CONTROLLER, action=reason)
        stored["spec"]["active"] = False
        self._api.update(stored, manager=kinds.MANAGER)
        return None

    def _explain(self, workload: Obj) -> None:
        """Say why no queue looks at the Workload."""
        text = queues.obstacle(self._api, workload)
        current = conditions.find(workload, "QuotaReserved") or {}
        if text is None:
            if current.get("message") != f"LocalQueue {workload['spec'].get('queueName', '')} doesn't exist":
                return
            text = "ClusterQueue  doesn't exist"  # as Kueue says for the moment in which it takes up a new LocalQueue
        if state.put(self._api, workload, "QuotaReserved", "False", "Inadmissible", text):
            workload["status"].pop("resourceRequests", None)
            state.store(self._api, workload)
