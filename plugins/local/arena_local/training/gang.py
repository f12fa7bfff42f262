"""Gang scheduling by the operator itself (its flag ``--gang-scheduler-name=volcano``), off unless the cluster's settings turn it on."""

from __future__ import annotations

from typing import Any

from arena_core.k8s.copies import clone
from arena_local.sdk.bundle import ApiError, Obj
from arena_local.training.kind import Replica, Run

GROUPS = "podgroups.scheduling.volcano.sh"


def enabled(run: Run) -> bool:
    """Whether the operator is set to make Volcano's PodGroups."""
    return run.api.setting("training.gang", 0) > 0 and run.api.served(GROUPS)


def sync(run: Run) -> bool:
    """Create or update the job's PodGroup; return whether pods may be made (it has been let into the queue)."""
    if not enabled(run):
        return True
    wish: dict[str, Any] = run.policy.get("schedulingPolicy") or {}
    group = run.api.find(GROUPS, run.namespace, run.name)
    minimum = wish.get("minAvailable")
    spec: dict[str, Any] = {"minMember": run.total() if minimum is None else int(minimum), "queue": wish.get("queue") or "default"}
    if wish.get("priorityClass"):
        spec["priorityClassName"] = wish["priorityClass"]
    if wish.get("minResources"):
        spec["minResources"] = dict(wish["minResources"])
    if group is None:
        meta = {"name": run.name, "namespace": run.namespace, "ownerReferences": [run.owner()]}
        new = {"apiVersion": "scheduling.volcano.sh/v1beta1", "kind": "PodGroup", "metadata": meta, "spec": spec}
        group = run.api.create(new, manager="training-operator")
    elif any(group.get("spec", {}).get(key) != value for key, value in spec.items() if key != "queue"):
        changed = clone(group)
        changed["spec"].update({k: v for k, v in spec.items() if k != "queue"})
        group = run.api.update(changed, manager="training-operator")
    return group.get("status", {}).get("phase") not in (None, "", "Pending")


def decorate(run: Run, replica: Replica, pod: Obj) -> None:
    """Name the group in a pod and hand the pod to Volcano's scheduler."""
    if not enabled(run):
        return
    if pod["spec"].get("schedulerName", "volcano") != "volcano":
        text = "Another scheduler is specified when gang-scheduling is enabled and it will not be overwritten"
        run.event("Warning", "SetPodTemplateSchedulerName", text)
    pod["spec"].setdefault("schedulerName", "volcano")
    notes = pod["metadata"].setdefault("annotations", {})
    notes.update({"scheduling.k8s.io/group-name": run.name, "volcano.sh/task-spec": replica.lower})


def delete(run: Run) -> None:
    """Delete the PodGroup of a job that has ended or holds."""
    if not enabled(run) or run.api.find(GROUPS, run.namespace, run.name) is None:
        return
    run.event("Normal", "JobTerminated", "Job has been terminated. Deleting PodGroup")
    try:
        run.api.delete(GROUPS, run.namespace, run.name, manager="training-operator")
    except ApiError as error:
        run.event("Warning", "FailedDeletePodGroup", f"Error deleting: {error.message}")
        raise
    run.event("Normal", "SuccessfulDeletePodGroup", f"Deleted PodGroup: {run.name}")
