"""What Kueue needs to know of a JobSet besides what its type says."""

from __future__ import annotations

from arena_core.k8s.conditions import find as find_condition
from arena_job.jobset import plugin
from arena_job.local.keys import entries, replicas
from arena_local.sdk.bundle import Api, Obj
from arena_local.sdk.quota import quota_of


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


QUOTA = quota_of(
    plugin,
    "jobset.x-k8s.io/jobset",
    finished=_finished,
    active=_active,
    pods_ready=_pods_ready,
    index_label="batch.kubernetes.io/job-completion-index",
)
