"""The reconcile of one RayCluster: Services, head, workers, status, in the operator's order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from arena_core.k8s.conditions import is_true
from arena_local.sdk.bundle import Api, ApiError, Key, Obj
from arena_local.sdk.pods import phase, terminating
from arena_rayjob.local import pods, services, validation
from arena_rayjob.local.clusterstatus import PROVISIONED, SUSPENDED, SUSPENDING, calculate, differs, suspension
from arena_rayjob.local.names import CLUSTER, GROUP, MANAGER, NODE_TYPE, OPERATOR, RAYCLUSTERS, desired, groups

COMPONENT = "raycluster-controller"
#: How soon the operator looks again after a change, and without one.
SOON, LATER = 2.0, 300.0
_STAYS = "ray.io/disable-provisioned-head-restart"


class Failed(Exception):
    """Pods could not be made or deleted: the reason of ReplicaFailure and its message."""

    def __init__(self, reason: str, error: ApiError) -> None:
        super().__init__(error.message)
        self.reason = reason


class RayClusterController:
    """Reconciles RayClusters."""

    name = COMPONENT
    resource = RAYCLUSTERS
    owns: tuple[str, ...] = ("pods", "services")
    watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {}

    def __init__(self, api: Api) -> None:
        self._api = api

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring everything of a cluster in line with it."""
        cluster = self._api.find(RAYCLUSTERS, namespace, name)
        if cluster is None or cluster["metadata"].get("deletionTimestamp"):
            return None
        if cluster["spec"].get("managedBy") not in (None, OPERATOR):
            return None
        if wrong := validation.cluster_metadata(cluster):
            self._invalid(cluster, "InvalidRayClusterMetadata", "metadata", wrong)
            return None
        if wrong := validation.cluster_spec(cluster["spec"]):
            self._invalid(cluster, "InvalidRayClusterSpec", "spec", wrong)
            return None
        service = self._services(cluster)
        failure: tuple[str, str] | None = None
        error: Exception | None = None
        try:
            self._pods(cluster)
        except Failed as problem:
            failure, error = (problem.reason, str(problem)), problem
        status = calculate(cluster, self._all(cluster), service, failure, self._api.now())
        changed = differs(cluster.get("status") or {}, status)
        if changed:
            self._api.update_status({**cluster, "status": status}, manager=MANAGER)
        if error is not None:
            raise error
        return SOON if changed else LATER

    def _invalid(self, cluster: Obj, reason: str, part: str, why: str) -> None:
        meta = cluster["metadata"]
        text = f"The RayCluster {part} is invalid {meta['namespace']}/{meta['name']}: {why}"
        self._event(cluster, "Warning", reason, text, "Validate")

    def _services(self, cluster: Obj) -> Obj | None:
        wanted = services.head(cluster)
        if any(int(group.get("numOfHosts") or 1) > 1 for group in groups(cluster["spec"])):
            self._service(cluster, services.headless(cluster))
        return self._service(cluster, wanted)

    def _service(self, cluster: Obj, wanted: Obj) -> Obj:
        namespace, name = wanted["metadata"]["namespace"], wanted["metadata"]["name"]
        found = self._api.find("services", namespace, name)
        if found is None:
            found = self._api.create(wanted, manager=MANAGER)
            self._event(cluster, "Normal", "CreatedService", f"Created service {namespace}/{name}", "Create")
        return found

    def _all(self, cluster: Obj, **labels: str) -> Sequence[Obj]:
        meta = cluster["metadata"]
        found = self._api.list("pods", meta["namespace"], {CLUSTER: meta["name"], **labels})
        return sorted(found, key=lambda pod: (pod["metadata"].get("creationTimestamp", ""), pod["metadata"]["name"]))

    def _pods(self, cluster: Obj) -> None:
        step = suspension(cluster.get("status") or {})
        meta = cluster["metadata"]
        if step == SUSPENDING:
            for pod in self._all(cluster):
                self._delete(pod, "FailedDeleteAllPods")
            text = f"Deleted Pods for RayCluster {meta['namespace']}/{meta['name']} due to suspension"
            self._event(cluster, "Normal", "DeletedPod", text, "Delete")
            return
        if step == SUSPENDED or cluster["spec"].get("suspend"):
            return
        self._head(cluster)
        for group in groups(cluster["spec"]):
            self._group(cluster, group)

    def _delay(self) -> int:
        return int(self._api.setting("rayjob.readiness", pods.PROBE_DELAY))

    def _head(self, cluster: Obj) -> None:
        found = self._all(cluster, **{NODE_TYPE: "head"})
        if found:
            if unhealthy(found[0]):
                self._replace(cluster, found[0], "head", "DeletedHeadPod", "FailedDeleteHeadPod")
            return
        if is_true(cluster, PROVISIONED) and (cluster["metadata"].get("annotations") or {}).get(_STAYS) == "true":
            return
        self._create(cluster, pods.head(cluster, delay=self._delay()), "head", "HeadPod")

    def _group(self, cluster: Obj, group: Obj) -> None:
        """Make the workers that are missing, delete those beyond, and those that have ended."""
        found = self._all(cluster, **{GROUP: str(group["groupName"])})
        meta = cluster["metadata"]
        if group.get("suspend"):
            for pod in found:
                self._delete(pod, "FailedDeleteWorkerPod")
            text = f"Deleted all pods for suspended worker group {group['groupName']} in RayCluster {meta['namespace']}/{meta['name']}"
            self._event(cluster, "Normal", "DeletedWorkerPod", text, "Delete")
            return
        ended = [pod for pod in found if unhealthy(pod)]
        for pod in ended:
            self._replace(cluster, pod, "worker", "DeletedWorkerPod", "FailedDeleteWorkerPod")
        if ended:
            return
        named = set((group.get("scaleStrategy") or {}).get("workersToDelete") or ())
        for pod in found:
            if pod["metadata"]["name"] in named and not terminating(pod):
                self._delete(pod, "FailedDeleteWorkerPod")
                self._event(cluster, "Normal", "DeletedWorkerPod", f"Deleted pod {_name(pod)}", "Delete")
        left = [pod for pod in found if pod["metadata"]["name"] not in named]
        taken = {(pod["metadata"].get("labels") or {}).get("ray.io/worker-group-replica-index") for pod in left}
        free = (index for index in range(len(left) + desired(group) + 1) if str(index) not in taken)
        for _ in range(desired(group) - len(left)):
            self._create(cluster, pods.worker(cluster, group, next(free), delay=self._delay()), "worker", "WorkerPod")
        for pod in left[: max(len(left) - desired(group), 0)]:
            if not terminating(pod):
                self._delete(pod, "FailedDeleteWorkerPod")
                self._event(cluster, "Normal", "DeletedWorkerPod", f"Deleted Pod {_name(pod)}", "Delete")

    def _create(self, cluster: Obj, pod: Obj, kind: str, what: str) -> None:
        try:
            made = self._api.create(pod, manager=MANAGER)
        except ApiError as error:
            meta = cluster["metadata"]
            where = f"{kind} Pod for the cluster" if kind == "worker" else f"{kind} Pod"
            named = f"{meta['namespace']}/{meta['name'] if kind == 'worker' else ''}"
            self._event(cluster, "Warning", f"FailedToCreate{what}", f"Failed to create {where} {named}, {error.message}", "Create")
            raise Failed(f"FailedCreate{what}", error) from error
        self._event(cluster, "Normal", f"Created{what}", f"Created {kind} Pod {_name(made)}", "Create")

    def _replace(self, cluster: Obj, pod: Obj, kind: str, reason: str, failure: str) -> None:
        if terminating(pod):
            return
        self._delete(pod, failure)
        text = f"Deleted {kind} Pod {_name(pod)}; Pod status: {phase(pod)}; Pod restart policy: {pod['spec'].get('restartPolicy')}"
        self._event(cluster, "Normal", reason, text, "Delete")

    def _delete(self, pod: Obj, failure: str) -> None:
        if terminating(pod):
            return
        try:
            self._api.delete("pods", pod["metadata"]["namespace"], pod["metadata"]["name"], manager=MANAGER)
        except ApiError as error:
            if error.code != 404:
                raise Failed(failure, error) from error

    def _event(self, cluster: Obj, type: str, reason: str, message: str, action: str) -> None:
        self._api.event(cluster, type, reason, message, component=COMPONENT, action=action)


def unhealthy(pod: Obj) -> bool:
    """Whether a pod is to be made anew: it has ended, or its Ray container has and may not start again."""
    if phase(pod) in ("Failed", "Succeeded"):
        return True
    main = pod["spec"]["containers"][0]["name"]
    rows = (pod.get("status") or {}).get("containerStatuses") or ()
    ended = any(row.get("name") == main and (row.get("state") or {}).get("terminated") for row in rows)
    return phase(pod) == "Running" and ended and pod["spec"].get("restartPolicy") == "Never"


def _name(pod: Obj) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
