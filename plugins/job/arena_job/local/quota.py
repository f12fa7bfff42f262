"""What Kueue needs to know of a JobSet."""

from __future__ import annotations

from arena_core.k8s.conditions import find as find_condition
from arena_job.local.keys import JOBSETS, entries, pods_of, replicas
from arena_local.sdk.bundle import Api, Obj, QuotaJob, QuotaPodSet


def _pod_sets(jobset: Obj) -> list[QuotaPodSet]:
    found = []
    for number, entry in enumerate(entries(jobset)):
        spec = entry["template"]["spec"]
        path = ("spec", "replicatedJobs", number, "template", "spec", "template")
        count = replicas(entry) * pods_of(spec)
        found.append(QuotaPodSet(entry["name"], count, spec["template"], path, "batch.kubernetes.io/job-completion-index"))
    return found


def _set_suspend(jobset: Obj, value: bool) -> None:
    jobset.setdefault("spec", {})["suspend"] = value


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


def _priority_class(jobset: Obj) -> str:
    names = (entry["template"]["spec"]["template"].get("spec", {}).get("priorityClassName") for entry in entries(jobset))
    return str(next((name for name in names if name), ""))


QUOTA = QuotaJob(
    resource=JOBSETS,
    kind="JobSet",
    api_version="jobset.x-k8s.io/v1alpha2",
    integration="jobset.x-k8s.io/jobset",
    is_suspended=lambda jobset: bool((jobset.get("spec") or {}).get("suspend")),
    set_suspend=_set_suspend,
    pod_sets=_pod_sets,
    finished=_finished,
    active=_active,
    pods_ready=_pods_ready,
    priority_class=_priority_class,
    webhooks=("mjobset.kb.io", "vjobset.kb.io"),
)
