"""PodGroups for pods that ask for Volcano's scheduler without belonging to a Volcano Job: one for each owner, or for a bare pod."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from arena_core.k8s import owners
from arena_local.sdk.bundle import Api, ApiError, Key, Obj
from arena_volcano.localcluster import keys
from arena_volcano.localcluster.amounts import Sum
from arena_volcano.localcluster.jobs.group import quota_usage
from arena_volcano.localcluster.keys import meta

_PREFIX = "podgroup-"
_UPPER = {"ReplicaSet": "replicasets.apps", "DaemonSet": "daemonsets.apps", "StatefulSet": "statefulsets.apps", "Job": "jobs.batch"}
_LABELS = ("volcano.sh/preemptable", "volcano.sh/cooldown-time")


class GroupController:
    """Reconciles pods."""

    name = "volcano-podgroup-controller"
    resource = "pods"
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {}

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Make the pod's PodGroup and name it in the pod's annotations."""
        pod = self._api.find("pods", namespace, name)
        if pod is None or meta(pod).get("deletionTimestamp") or pod["spec"].get("schedulerName") != keys.SCHEDULER:
            return None
        if (meta(pod).get("annotations") or {}).get(keys.GROUP_NAME):
            return None
        owner = owners.controller_of(pod)
        group = _PREFIX + (owner["uid"] if owner else meta(pod)["uid"])
        if self._api.find(keys.POD_GROUPS, namespace, group) is None:
            self._create(pod, group, [dict(item) for item in owners.references(pod)] if owner else [owners.reference(pod)])
        patch = {"metadata": {"annotations": {keys.GROUP_NAME: group}}}
        self._api.patch("pods", namespace, name, patch, manager=keys.CONTROLLER)
        return None

    def _upper(self, pod: Obj) -> dict[str, str]:
        """Return the annotations of what owns the pod."""
        found: dict[str, str] = {}
        for owner in owners.references(pod):
            resource = _UPPER.get(owner.get("kind", ""))
            upper = self._api.find(resource, meta(pod)["namespace"], owner["name"]) if resource else None
            found = {**((upper or {"metadata": {}})["metadata"].get("annotations") or {}), **found}
        return found

    def _create(self, pod: Obj, name: str, references: list[Obj]) -> None:
        notes, upper = meta(pod).get("annotations") or {}, self._upper(pod)
        least = upper.get(keys.GROUP_MIN_MEMBER, "1")
        number = int(least) if least.isdecimal() else 1
        needs = Sum()
        needs.add(quota_usage(pod["spec"]), number)
        spec: dict[str, Any] = {
            "minMember": number,
            "queue": notes.get(keys.GROUP_QUEUE, keys.DEFAULT_QUEUE),
            "minResources": needs.texts(),
        }
        if pod["spec"].get("priorityClassName"):
            spec["priorityClassName"] = pod["spec"]["priorityClassName"]
        head: dict[str, Any] = {"name": name, "namespace": meta(pod)["namespace"], "ownerReferences": references}
        inherited = {key: value for key, value in upper.items() if key.startswith(keys.PREFIX)}
        inherited |= {key: notes[key] for key in keys.INHERITED if key in notes}
        if inherited:
            head["annotations"] = inherited
        given = meta(pod).get("labels") or {}
        if labels := {key: given[key] for key in _LABELS if key in given}:
            head["labels"] = labels
        group = {"apiVersion": keys.SCHEDULING_API, "kind": "PodGroup", "metadata": head, "spec": spec, "status": {"phase": "Pending"}}
        try:
            self._api.create(group, manager=keys.CONTROLLER)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
