"""What Kueue needs to know of a JobSet besides what its type says."""

from __future__ import annotations

from dataclasses import replace

from arena_core.k8s.conditions import find as find_condition
from arena_job.jobset import plugin
from arena_job.local.keys import JOB_INDEX, entries, pods_of, replicas
from arena_local.sdk.bundle import Api, Obj, QuotaPodSet
from arena_local.sdk.quota import pod_sets_of, quota_of


def _finished(jobset: Obj) -> tuple[str, bool] | None:
    for type in ("Completed", "Failed"):
        condition = find_condition(jobset, type)
        if condition and condition["status"] == "True":
            return str(condition.get("message", "")), type == "Completed"
    return None


def _rows(jobset: Obj) -> list[Obj]:
    return (jobset.get("status") or {}).get("replicatedJobsStatus") or []


def _active(api: Api, jobset: Obj) -> bool:
    return any(row.get("active") for row in _rows(jobset))


def _pods_ready(api: Api, jobset: Obj) -> bool:
    wanted = sum(replicas(entry) for entry in entries(jobset))
    return bool(sum(row.get("ready", 0) + row.get("succeeded", 0) for row in _rows(jobset)) >= wanted)


def _reclaimable(jobset: Obj) -> dict[str, int]:
    """Return the pods of the Jobs that have succeeded, for each replicated Job in the order of the spec."""
    done = {row["name"]: row.get("succeeded", 0) for row in _rows(jobset)}
    return {entry["name"]: done.get(entry["name"], 0) * pods_of(entry["template"]["spec"]) for entry in entries(jobset)}


def _pod_sets(jobset: Obj) -> list[QuotaPodSet]:
    """Return the sets that the type names; the pods of each Job of a set have numbers of their own."""
    jobs = {entry["name"]: replicas(entry) for entry in entries(jobset)}
    return [replace(one, group_label=JOB_INDEX, groups=jobs[one.name]) for one in _READ(jobset)]


_READ = pod_sets_of(plugin, "batch.kubernetes.io/job-completion-index")
QUOTA = quota_of(
    plugin,
    "jobset.x-k8s.io/jobset",
    finished=_finished,
    active=_active,
    pods_ready=_pods_ready,
    pod_sets=_pod_sets,
    reclaimable=_reclaimable,
)
