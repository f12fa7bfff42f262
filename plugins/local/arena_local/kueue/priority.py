"""The priority of a Workload: WorkloadPriorityClass of the job's label, else the pods' PriorityClass, else the global default, else 0."""

from __future__ import annotations

from arena_local.kueue import kinds
from arena_local.sdk.bundle import Api, Obj, QuotaJob

_POD_CLASSES = "priorityclasses.scheduling.k8s.io"


def of_job(api: Api, integration: QuotaJob, job: Obj) -> Obj | None:
    """Return ``priority`` and ``priorityClassRef`` of the Workload's spec; None if the class does not exist."""
    wanted = (job["metadata"].get("labels") or {}).get(kinds.PRIORITY_LABEL, "")
    if wanted:
        found = api.find(kinds.PRIORITY_CLASSES, "", wanted)
        return found and _entry(int(found["value"]), kinds.GROUP, "WorkloadPriorityClass", wanted)
    wanted = integration.priority_class(job)
    if wanted:
        found = api.find(_POD_CLASSES, "", wanted)
        return found and _entry(int(found["value"]), "scheduling.k8s.io", "PriorityClass", wanted)
    for item in api.list(_POD_CLASSES):
        if item.get("globalDefault"):
            return _entry(int(item["value"]), "scheduling.k8s.io", "PriorityClass", item["metadata"]["name"])
    return {"priority": 0}


def _entry(value: int, group: str, kind: str, name: str) -> Obj:
    return {"priority": value, "priorityClassRef": {"group": group, "kind": kind, "name": name}}
