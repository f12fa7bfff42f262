"""What Kueue needs to know of an MPIJob: where suspend is, its pod sets, and its state from the conditions."""

from __future__ import annotations

from arena_local.sdk.bundle import Api, Obj, QuotaJob, QuotaPodSet
from arena_mpijob.local.conditions import is_true
from arena_mpijob.local.names import INDEX_LABEL, LAUNCHER, RESOURCE, WORKER


def _specs(job: Obj) -> list[tuple[str, Obj]]:
    found = (job.get("spec") or {}).get("mpiReplicaSpecs") or {}
    return [(kind, found[kind]) for kind in (LAUNCHER, WORKER) if isinstance(found.get(kind), dict)]


def _policy(job: Obj) -> Obj:
    found: Obj = (job.get("spec") or {}).get("runPolicy") or {}
    return found


def _set_suspend(job: Obj, value: bool) -> None:
    job.setdefault("spec", {})["runPolicy"] = {**_policy(job), "suspend": value}


def _pod_sets(job: Obj) -> list[QuotaPodSet]:
    return [
        QuotaPodSet(
            kind.lower(),
            1 if spec.get("replicas") is None else int(spec["replicas"]),
            spec.get("template") or {},
            ("spec", "mpiReplicaSpecs", kind, "template"),
            INDEX_LABEL,
        )
        for kind, spec in _specs(job)
    ]


def _finished(job: Obj) -> tuple[str, bool] | None:
    for condition in (job.get("status") or {}).get("conditions") or []:
        if condition.get("type") in ("Succeeded", "Failed") and condition.get("status") == "True":
            return str(condition.get("message", "")), condition["type"] == "Succeeded"
    return None


def _active(api: Api, job: Obj) -> bool:
    counters = (job.get("status") or {}).get("replicaStatuses") or {}
    return any((c or {}).get("active") for c in counters.values())


def _pods_ready(api: Api, job: Obj) -> bool:
    return is_true(job.get("status") or {}, "Running")


def _priority_class(job: Obj) -> str:
    wish = _policy(job).get("schedulingPolicy") or {}
    names = [((spec.get("template") or {}).get("spec") or {}).get("priorityClassName") for _, spec in _specs(job)]
    return str(next((name for name in (wish.get("priorityClass"), *names) if name), ""))


QUOTA = QuotaJob(
    resource=RESOURCE,
    kind="MPIJob",
    api_version="kubeflow.org/v2beta1",
    integration="kubeflow.org/mpijob",
    is_suspended=lambda job: bool(_policy(job).get("suspend")),
    set_suspend=_set_suspend,
    pod_sets=_pod_sets,
    finished=_finished,
    active=_active,
    pods_ready=_pods_ready,
    priority_class=_priority_class,
    webhooks=("mmpijob.kb.io", "vmpijob.kb.io"),
)
