"""ClusterQueues, LocalQueues and ResourceFlavors: whether they admit, what they count, when they may go."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence

from arena_core.k8s import conditions, quantity, selectors
from arena_local.kueue import amounts, kinds, podsets
from arena_local.kueue.state import release
from arena_local.sdk.bundle import Api, Key, Obj

_Watches = Mapping[str, Callable[[Obj], Iterable[Key]]]


def problem(api: Api, queue: Obj) -> tuple[str, str] | None:
    """Return (reason, message) of a ClusterQueue that does not admit, or None."""
    if queue["metadata"].get("deletionTimestamp"):
        return "Terminating", "Can't admit new workloads; clusterQueue is terminating"
    reasons: list[tuple[str, str]] = []
    if kinds.stopped(queue):
        reasons.append(("Stopped", "is stopped"))
    missing = [name for name in flavor_names(queue) if api.find(kinds.FLAVORS, "", name) is None]
    if missing:
        reasons.append(("FlavorNotFound", f"references missing ResourceFlavor(s): {','.join(missing)}"))
    checks = [item["name"] for item in (queue["spec"].get("admissionChecksStrategy") or {}).get("admissionChecks") or ()]
    gone = [name for name in checks if api.find(f"admissionchecks.{kinds.GROUP}", "", name) is None]
    if gone:
        reasons.append(("AdmissionCheckNotFound", f"references missing AdmissionCheck(s): {','.join(gone)}"))
    elif checks:
        # No controller of admission checks runs here.
        reasons.append(("AdmissionCheckInactive", f"references inactive AdmissionCheck(s): {','.join(checks)}"))
    if not reasons:
        return None
    return reasons[0][0], f"Can't admit new workloads: {', '.join(text for _, text in reasons)}."


def flavor_names(queue: Obj) -> list[str]:
    """Return the names of the flavors that a ClusterQueue refers to, in order."""
    groups = queue["spec"].get("resourceGroups") or ()
    return list(dict.fromkeys(flavor["name"] for group in groups for flavor in group.get("flavors") or ()))


def obstacle(api: Api, workload: Obj) -> str | None:
    """Return why a Workload cannot even be looked at by its queue, or None."""
    name = workload["spec"].get("queueName", "")
    local = api.find(kinds.LOCAL_QUEUES, workload["metadata"]["namespace"], name) if name else None
    if local is None:
        return f"LocalQueue {name} doesn't exist"
    if kinds.stopped(local):
        return f"LocalQueue {name} is inactive"
    cluster = local["spec"].get("clusterQueue", "")
    queue = api.find(kinds.CLUSTER_QUEUES, "", cluster) if cluster else None
    if queue is None:
        return f"ClusterQueue {cluster} doesn't exist"
    return f"ClusterQueue {cluster} is inactive" if problem(api, queue) else None


def unfit(api: Api, queue: Obj, workload: Obj) -> str:
    """Return why a ClusterQueue does not take a Workload, whatever quota there is, or ""."""
    selector = queue["spec"].get("namespaceSelector")
    namespace = api.find("namespaces", "", workload["metadata"]["namespace"])
    labels = (namespace or {}).get("metadata", {}).get("labels") or {}
    if selectors.matches_object(selector, labels):
        return ""
    return "workload namespace doesn't match ClusterQueue selector"


def waiting(workload: Obj) -> bool:
    """Return whether a Workload counts as pending; a group whose pods have gone with its quota is none until there are new ones."""
    if kinds.finished(workload) or kinds.reserved(workload) or conditions.is_true(workload, "WaitingForReplacementPods"):
        return False
    return kinds.is_active(workload)


def of_cluster_queue(api: Api, name: str) -> list[Obj]:
    """Return the Workloads of all LocalQueues of a ClusterQueue, and those admitted by it."""
    queues = {
        (item["metadata"]["namespace"], item["metadata"]["name"])
        for item in api.list(kinds.LOCAL_QUEUES)
        if item["spec"].get("clusterQueue") == name
    }
    found = []
    for item in api.list(kinds.WORKLOADS):
        holder = ((item.get("status") or {}).get("admission") or {}).get("clusterQueue")
        if holder == name or (holder is None and (item["metadata"]["namespace"], item["spec"].get("queueName")) in queues):
            found.append(item)
    return found


def queue_key(api: Api) -> Callable[[Obj], Iterable[Key]]:
    """Return the mapping from a Workload to the ClusterQueues it touches."""

    def mapper(workload: Obj) -> Iterable[Key]:
        names = set()
        holder = ((workload.get("status") or {}).get("admission") or {}).get("clusterQueue")
        if holder:
            names.add(holder)
        local = api.find(kinds.LOCAL_QUEUES, workload["metadata"]["namespace"], workload["spec"].get("queueName") or "-")
        if local is not None:
            names.add(local["spec"].get("clusterQueue", ""))
        return [("", name) for name in names if name]

    return mapper


def queues_with_flavor(api: Api) -> Callable[[Obj], Iterable[Key]]:
    """Return the mapping from a ResourceFlavor to the ClusterQueues that refer to it."""

    def mapper(flavor: Obj) -> Iterable[Key]:
        name = flavor["metadata"]["name"]
        return [("", item["metadata"]["name"]) for item in api.list(kinds.CLUSTER_QUEUES) if name in flavor_names(item)]

    return mapper


def _counts(workloads: Sequence[Obj]) -> Obj:
    holding = [item for item in workloads if kinds.reserved(item) and not kinds.finished(item)]
    return {
        "pendingWorkloads": len([item for item in workloads if waiting(item)]),
        "reservingWorkloads": len(holding),
        "admittedWorkloads": len([item for item in holding if kinds.admitted(item)]),
    }


def _usages(queue: Obj, workloads: Sequence[Obj], *, borrowed: bool) -> Obj:
    totals: dict[str, dict[tuple[str, str], int]] = {"flavorsReservation": {}, "flavorsUsage": {}}
    for item in workloads:
        if kinds.reserved(item) and not kinds.finished(item):
            for place, amount in podsets.usage(item).items():
                for field, total in totals.items():
                    if field == "flavorsReservation" or kinds.admitted(item):
                        total[place] = total.get(place, 0) + amount
    out: Obj = {}
    for field, total in totals.items():
        flavors = []
        for group in queue["spec"].get("resourceGroups") or ():
            for flavor in group.get("flavors") or ():
                entries = []
                for resource in flavor.get("resources") or ():
                    amount = total.get((flavor["name"], resource["name"]), 0)
                    entry = {"name": resource["name"], "total": amounts.text(resource["name"], amount)}
                    more = max(0, amount - quantity.parse(resource["nominalQuota"]))
                    entries.append({"borrowed": amounts.text(resource["name"], more), **entry} if borrowed else entry)
                flavors.append({"name": flavor["name"], "resources": entries})
        if flavors:
            out[field] = flavors
    return out


class ClusterQueueController:
    """Status and finalizer of ClusterQueues."""

    name = "kueue-clusterqueue-controller"
    resource = kinds.CLUSTER_QUEUES
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        # Kueue's UpdatesBatchPeriod: what Workloads change is counted once a second.
        self.batch = {kinds.WORKLOADS: api.setting("kueue.status", 1.0)}
        self.watches: _Watches = {
            kinds.WORKLOADS: queue_key(api),
            kinds.FLAVORS: queues_with_flavor(api),
            kinds.LOCAL_QUEUES: lambda queue: (("", queue["spec"].get("clusterQueue") or "-"),),
        }

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Write condition Active and the counters; let a deleted queue go when nothing holds its quota."""
        queue = self._api.find(self.resource, "", name)
        if queue is None:
            return None
        workloads = of_cluster_queue(self._api, name)
        copied = copy.deepcopy(dict(queue))
        counts = _counts(workloads)
        if queue["metadata"].get("deletionTimestamp") and not counts["reservingWorkloads"]:
            release(self._api, queue)
            return None
        status = {**(copied.get("status") or {}), **counts, **_usages(copied, workloads, borrowed=True)}
        _activate(self._api, copied, status, problem(self._api, queue), "Can admit new workloads")
        copied["status"] = status
        self._api.update_status(copied, manager=kinds.MANAGER)
        return None


class LocalQueueController:
    """Status of LocalQueues."""

    name = "kueue-localqueue-controller"
    resource = kinds.LOCAL_QUEUES
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        self.batch = {kinds.WORKLOADS: api.setting("kueue.status", 1.0)}
        self.watches: _Watches = {
            kinds.WORKLOADS: lambda item: ((item["metadata"]["namespace"], item["spec"].get("queueName") or "-"),),
            kinds.CLUSTER_QUEUES: self._of_cluster_queue,
        }

    def _of_cluster_queue(self, queue: Obj) -> Iterable[Key]:
        name = queue["metadata"]["name"]
        for item in self._api.list(kinds.LOCAL_QUEUES):
            if item["spec"].get("clusterQueue") == name:
                yield (item["metadata"]["namespace"], item["metadata"]["name"])

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Write condition Active and the counters."""
        queue = self._api.find(self.resource, namespace, name)
        if queue is None or queue["metadata"].get("deletionTimestamp"):
            return None
        workloads = [item for item in self._api.list(kinds.WORKLOADS, namespace) if item["spec"].get("queueName") == name]
        copied = copy.deepcopy(dict(queue))
        cluster = self._api.find(kinds.CLUSTER_QUEUES, "", queue["spec"].get("clusterQueue") or "-")
        status = {**(copied.get("status") or {}), **_counts(workloads)}
        found: tuple[str, str] | None = None
        if kinds.stopped(queue):
            found = ("Stopped", "LocalQueue is stopped")
        elif cluster is None:
            found = ("ClusterQueueDoesNotExist", "Can't submit new workloads to clusterQueue")
        elif problem(self._api, cluster):
            found = ("ClusterQueueIsInactive", "Can't submit new workloads to clusterQueue")
        if cluster is not None:
            status.update(_usages(cluster, workloads, borrowed=False))
        _activate(self._api, copied, status, found, "Can submit new workloads to localQueue")
        self._api.update_status({**copied, "status": status}, manager=kinds.MANAGER)
        return None


class FlavorController:
    """Let a deleted ResourceFlavor go when no ClusterQueue refers to it."""

    name = "kueue-resourceflavor-controller"
    resource = kinds.FLAVORS
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        self.watches: _Watches = {kinds.CLUSTER_QUEUES: lambda queue: [("", name) for name in flavor_names(queue)]}

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Take the finalizer of a flavor that is deleted and unused."""
        flavor = self._api.find(self.resource, "", name)
        going = flavor is not None and flavor["metadata"].get("deletionTimestamp")
        if flavor is not None and going and not any(name in flavor_names(item) for item in self._api.list(kinds.CLUSTER_QUEUES)):
            release(self._api, flavor)
        return None


def _activate(api: Api, queue: Obj, status: Obj, found: tuple[str, str] | None, fine: str) -> None:
    value, reason, message = ("False", *found) if found else ("True", "Ready", fine)
    extra = {"observedGeneration": queue["metadata"].get("generation", 1)}
    conditions.put(status, "Active", value, reason, message, now=api.now(), extra=extra)
