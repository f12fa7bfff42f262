"""Keep pods with a queue and their Workload in step: gates are lifted when it is admitted, pods are deleted when it is evicted."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping

from arena_core.k8s import conditions, owners
from arena_local.kueue import kinds, podlabels, podsets, priority, state
from arena_local.kueue.integration import POD, Integrations
from arena_local.kueue.jobs import NOT_READY, READY, RECOVERING
from arena_local.kueue.pods.unit import Unit
from arena_local.sdk import pods as podlib
from arena_local.sdk.bundle import Api, ApiError, Key, Obj
from arena_local.sdk.owners import controlled

_GROUP = "group/"


class PodController:
    """Kueue's pod reconciler. A group has the key ``group/NAME``."""

    name = "pod-kueue-controller"
    resource = "pods"
    owns: tuple[str, ...] = (kinds.WORKLOADS,)

    def __init__(self, api: Api, integrations: Integrations) -> None:
        self._api = api
        self._all = integrations
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {"pods": _of_pod, kinds.WORKLOADS: _of_workload}

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring a pod or a group and its Workload in step."""
        unit = self._unit(namespace, name)
        if unit is None:
            return None
        workload = self._workload(unit)
        if workload is None:
            return self._without_workload(unit)
        meta = workload["metadata"]
        if meta.get("deletionTimestamp") or kinds.finished(workload):
            if not kinds.finished(workload):
                self._stop(unit, "WorkloadDeleted", "Workload is deleted")
            self._let_go(unit.pods)
            state.release(self._api, workload)
        elif done := unit.finished():
            state.finish(self._api, state.editable(workload), "Succeeded" if done[1] else "Failed", done[0])
            name = f"{meta['namespace']}/{meta['name']}"
            self._say(unit.first, "FinishedWorkload", f"Workload '{name}' is declared finished")
        elif self._gone(unit, workload):
            state.finish(self._api, state.editable(workload), "OwnerNotFound", "The workload's owner no longer exists")
        elif not (self._tidy(unit, workload) or self._report(unit, workload)):
            self._drive(unit, workload)
        return None

    def _unit(self, namespace: str, name: str) -> Unit | None:
        if not name.startswith(_GROUP):
            pod = self._api.find("pods", namespace, name)
            return Unit([pod]) if pod is not None and podlabels.managed(pod) and not podlabels.label(pod, podlabels.GROUP_NAME) else None
        group = name.removeprefix(_GROUP)
        found = [pod for pod in self._api.list("pods", namespace, {podlabels.GROUP_NAME: group}) if podlabels.managed(pod)]
        found.sort(key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))
        return Unit(found, group) if found else None

    def _workload(self, unit: Unit) -> Obj | None:
        if not self._api.served(kinds.WORKLOADS):
            return None
        if unit.group:
            return self._api.find(kinds.WORKLOADS, unit.first["metadata"]["namespace"], unit.group)
        return next(iter(controlled(self._api, kinds.WORKLOADS, unit.first)), None)

    def _gone(self, unit: Unit, workload: Obj) -> bool:
        """Return whether nothing is left to wait for: a pod that is deleted, a group that was deleted before it ran."""
        if not unit.leaving:
            return False
        namespace = self._api.find("namespaces", "", unit.first["metadata"]["namespace"])
        closing = bool(namespace and namespace["metadata"].get("deletionTimestamp"))
        return not unit.group or closing or not (kinds.reserved(workload) or kinds.evicted(workload))

    # -- the Workload --

    def _without_workload(self, unit: Unit) -> float | None:
        if unit.leaving or (not unit.group and podlib.finished(unit.first)):
            self._let_go(unit.pods)
            return None
        if not unit.complete:
            text = f"'{unit.group}' group has fewer runnable pods than expected"
            self._api.event(unit.first, "Warning", "ErrWorkloadCompose", text, component=self.name, action="ErrWorkloadCompose")
            return None
        rank = priority.of_job(self._api, POD, unit.first)
        if rank is None:
            return self._api.setting("kueue.retry", 5.0)
        own = unit.first["metadata"]
        meta: Obj = {"namespace": own["namespace"], "finalizers": [kinds.FINALIZER]}
        if unit.group:
            references = [owners.reference(pod, controller=False, block=False) for pod in unit.runnable]
            meta |= {"name": unit.group, "annotations": {podlabels.IS_GROUP: "true"}, "ownerReferences": references}
        else:
            name, labels = podsets.workload_name(POD, unit.first), {kinds.JOB_UID_LABEL: own["uid"]}
            meta |= {"name": name, "labels": labels, "ownerReferences": [owners.reference(unit.first)]}
        spec = {"active": True, "queueName": kinds.queue_name(unit.first), "podSets": copy.deepcopy(unit.pod_sets()), **rank}
        self._api.create({"apiVersion": kinds.API_VERSION, "kind": "Workload", "metadata": meta, "spec": spec}, manager=kinds.MANAGER)
        self._say(unit.first, "CreatedWorkload", f"Created Workload: {meta['namespace']}/{meta['name']}")
        return None

    def _tidy(self, unit: Unit, workload: Obj) -> bool:
        """Let go what was replaced, delete what is too many, and count new pods of the group as owners."""
        if not unit.group:
            return False
        for pod in unit.surplus():
            self._delete(pod)
            self._say(pod, "ExcessPodDeleted", "Excess pod deleted")
        known = {item["uid"] for item in owners.references(workload)}
        new = [pod for pod in unit.runnable if pod["metadata"]["uid"] not in known]
        if not new:
            self._let_go(unit.replaced())
            return False
        changed = copy.deepcopy(dict(workload))
        references = [owners.reference(pod, controller=False, block=False) for pod in new]
        changed["metadata"].setdefault("ownerReferences", []).extend(references)
        stored = self._api.update(changed, manager=kinds.MANAGER)
        self._say(stored, "OwnerReferencesAdded", f"Added {len(new)} owner reference(s)")
        return True

    def _report(self, unit: Unit, workload: Obj) -> bool:
        """Write what the pods say into the Workload's status; returns whether anything was written."""
        edited = state.editable(workload)
        changed = state.put(self._api, edited, "PodsReady", *_readiness(unit, workload))
        if unit.group:
            changed |= self._replacement(unit, edited)
            freed = unit.reclaimable() if kinds.admitted(workload) else []
            if freed and freed != edited["status"].get("reclaimablePods"):
                edited["status"]["reclaimablePods"], changed = freed, True
        if changed:
            state.store(self._api, edited)
        return changed

    def _replacement(self, unit: Unit, workload: Obj) -> bool:
        known = conditions.find(workload, "WaitingForReplacementPods")
        if not unit.short():
            if known is None or known["status"] == "False":
                return False
            return state.put(self._api, workload, "WaitingForReplacementPods", "False", "PodsReady", "No pods need replacement")
        why = conditions.find(workload, "Evicted") or {}
        told = ("PodsFailed", "Some Failed pods need replacement")
        if why.get("status") == "True":
            told = (str(why.get("reason", "")), str(why.get("message", "")))
        return state.put(self._api, workload, "WaitingForReplacementPods", "True", *told)

    # -- the pods --

    def _drive(self, unit: Unit, workload: Obj) -> None:
        if kinds.evicted(workload) and kinds.reserved(workload):
            why = conditions.find(workload, "Evicted") or {}
            if unit.active:
                self._stop(unit, f"WorkloadEvictedDueTo{why.get('reason', '')}", str(why.get("message", "")))
            elif not any(podlib.phase(pod) == "Running" for pod in unit.pods):
                state.unreserve(self._api, state.editable(workload))
        elif kinds.admitted(workload):
            self._start(unit, workload)
        else:
            free = Unit([pod for pod in unit.active if not podlabels.gated(pod)], unit.group)
            self._stop(free, "NotAdmitted", "Not admitted by cluster queue")

    def _start(self, unit: Unit, workload: Obj) -> None:
        flavors = {item["metadata"]["name"]: item for item in self._api.list(kinds.FLAVORS)}
        for pod in unit.active:
            if podlabels.gated(pod):
                changed = copy.deepcopy(dict(pod))
                podlabels.lift_gates(changed)
                podsets.place(changed, workload, unit.role(pod), flavors)
                self._api.update(changed, manager=kinds.MANAGER)

    def _stop(self, unit: Unit, reason: str, message: str) -> None:
        for pod in unit.active:
            edited = copy.deepcopy(dict(pod))
            edited.setdefault("status", {})
            if conditions.put(edited["status"], "TerminationTarget", "True", reason, message, now=self._api.now()):
                self._api.update_status(edited, manager=kinds.MANAGER)
            self._delete(pod)
            self._say(pod, "Stopped", message)

    def _delete(self, pod: Obj) -> None:
        meta = pod["metadata"]
        try:
            self._api.delete("pods", meta["namespace"], meta["name"], uid=meta["uid"], manager=kinds.MANAGER)
        except ApiError as error:
            if error.code not in (404, 409):
                raise

    def _let_go(self, pods: Iterable[Obj]) -> None:
        for pod in pods:
            meta = pod["metadata"]
            current = self._api.find("pods", meta["namespace"], meta["name"])
            if current is not None and current["metadata"]["uid"] == meta["uid"]:
                state.release(self._api, current, podlabels.MANAGED)

    def _say(self, obj: Obj, reason: str, message: str) -> None:
        self._api.event(obj, "Normal", reason, message, component=self.name, action=reason)


def _readiness(unit: Unit, workload: Obj) -> tuple[str, str, str]:
    current = conditions.find(workload, "PodsReady") or {}
    recovering = current.get("reason") == "WaitForRecovery"
    if not kinds.admitted(workload):
        return ("False", "WaitForStart", NOT_READY)
    if unit.ready():
        return ("True", str(current.get("reason") if current.get("status") == "True" else "Recovered" if recovering else "Started"), READY)
    if recovering or current.get("status") == "True":
        return ("False", "WaitForRecovery", RECOVERING)
    return ("False", "WaitForStart", NOT_READY)


def _of_pod(pod: Obj) -> Iterable[Key]:
    group = podlabels.label(pod, podlabels.GROUP_NAME)
    return [(pod["metadata"].get("namespace", ""), f"{_GROUP}{group}")] if group and podlabels.managed(pod) else ()


def _of_workload(workload: Obj) -> Iterable[Key]:
    meta = workload["metadata"]
    return [(meta["namespace"], f"{_GROUP}{meta['name']}")] if podlabels.annotation(workload, podlabels.IS_GROUP) == "true" else ()
