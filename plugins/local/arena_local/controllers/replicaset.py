"""The ReplicaSet controller."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence

from arena_core.k8s import conditions, owners, time
from arena_local.sdk import pods as podlib
from arena_local.sdk.bundle import Api, ApiError, Key, Obj
from arena_local.sdk.owners import claim, controlled

MANAGER = "replicaset-controller"
_BURST = 100


def removal_order(pod: Obj) -> tuple[object, ...]:
    """Return the key by which pods go first: unplaced, pending, unready, cheap, restarted, young."""
    status = pod.get("status") or {}
    cost = str((pod["metadata"].get("annotations") or {}).get("controller.kubernetes.io/pod-deletion-cost", "0"))
    restarts = max((entry.get("restartCount", 0) for entry in status.get("containerStatuses") or ()), default=0)
    phases = {"Pending": 0, "Unknown": 1, "Running": 2}
    age = time.read(pod["metadata"]["creationTimestamp"]).timestamp()
    number = int(cost) if cost.lstrip("-").isdecimal() else 0
    return (bool(pod["spec"].get("nodeName")), phases.get(podlib.phase(pod), 0), podlib.ready(pod), number, -restarts, -age)


def available(pod: Obj, min_ready: float, api: Api) -> bool:
    """Return whether the pod has been Ready for ``min_ready`` seconds."""
    if not podlib.ready(pod):
        return False
    condition = conditions.find(pod, "Ready") or {}
    return not min_ready or (api.now() - time.read(condition["lastTransitionTime"])).total_seconds() >= min_ready


class ReplicaSetController:
    """Keeps the number of pods that each ReplicaSet asks for."""

    name = "replicaset"
    resource = "replicasets.apps"
    owns: tuple[str, ...] = ("pods",)
    watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {}

    def __init__(self, api: Api) -> None:
        self._api = api
        # Times count in whole seconds; of pods made within one, the first goes first, as was seen on a real cluster.
        self._born: dict[str, int] = {}

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Create or delete pods, then write the status."""
        found = self._api.find(self.resource, namespace, name)
        if found is None:
            return None
        owner: Obj = copy.deepcopy(dict(found))
        pods = claim(self._api, "pods", owner, owner["spec"].get("selector"), manager=MANAGER)
        error: ApiError | None = None
        if not owner["metadata"].get("deletionTimestamp"):
            error = self._manage(owner, [pod for pod in pods if podlib.active(pod)])
        self._write_status(owner, controlled(self._api, "pods", owner), error)
        if error is not None:
            raise error
        min_ready = owner["spec"].get("minReadySeconds") or 0
        waiting = min_ready and any(podlib.ready(pod) and not available(pod, min_ready, self._api) for pod in pods)
        return float(min_ready) if waiting else None

    def _manage(self, owner: Obj, active: Sequence[Obj]) -> ApiError | None:
        missing = int(owner["spec"].get("replicas", 1)) - len(active)
        for _ in range(min(missing, _BURST)):
            pod = podlib.pod_from_template(
                owner["spec"]["template"], owner["metadata"]["namespace"], generate=f"{owner['metadata']['name']}-"
            )
            pod["metadata"]["ownerReferences"] = [owners.reference(owner)]
            try:
                made = self._api.create(pod, manager=MANAGER)
            except ApiError as error:
                self._api.event(owner, "Warning", "FailedCreate", f"Error creating: {error.message}", component=MANAGER)
                return error
            self._born[made["metadata"]["uid"]] = len(self._born)
            self._api.event(owner, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", component=MANAGER)
        doomed = sorted(active, key=lambda pod: (*removal_order(pod), self._born.get(pod["metadata"]["uid"], -1)))
        for pod in doomed[: max(0, -missing)]:
            meta = pod["metadata"]
            self._api.delete("pods", meta["namespace"], meta["name"], uid=meta["uid"], manager=MANAGER)
            self._api.event(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {meta['name']}", component=MANAGER)
        return None

    def _write_status(self, owner: Obj, pods: Sequence[Obj], error: ApiError | None) -> None:
        active = [pod for pod in pods if podlib.active(pod)]
        wanted = (owner["spec"]["template"].get("metadata") or {}).get("labels") or {}
        min_ready = owner["spec"].get("minReadySeconds") or 0
        counts = {
            "fullyLabeledReplicas": len([p for p in active if wanted.items() <= (p["metadata"].get("labels") or {}).items()]),
            "readyReplicas": len([pod for pod in active if podlib.ready(pod)]),
            "availableReplicas": len([pod for pod in active if available(pod, min_ready, self._api)]),
        }
        status = owner.setdefault("status", {})
        for key, value in counts.items():
            if value:
                status[key] = value
            else:
                status.pop(key, None)
        status["replicas"] = len(active)
        status["terminatingReplicas"] = len([pod for pod in pods if podlib.terminating(pod) and not podlib.finished(pod)])
        status["observedGeneration"] = owner["metadata"].get("generation", 1)
        if error is not None and not conditions.find(owner, "ReplicaFailure"):
            condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": error.message}
            status.setdefault("conditions", []).append({**condition, "lastTransitionTime": time.text(self._api.now())})
        elif error is None and conditions.remove(status, "ReplicaFailure") and not status["conditions"]:
            del status["conditions"]
        self._api.update_status(owner, manager=MANAGER)
