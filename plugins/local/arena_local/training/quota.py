"""What Kueue needs to know of a training job: where suspend is, its pod sets, and its state from the conditions."""

from __future__ import annotations

from typing import Any

from arena_local.sdk.bundle import Api, Obj, QuotaJob, QuotaPodSet
from arena_local.training.kind import Kind


def quota_job(kind: Kind, integration: str, order: tuple[str, ...]) -> QuotaJob:
    """Describe a kind to the quota controller; ``order`` is Kueue's order of the replica types."""

    def specs(job: Obj) -> list[tuple[str, Obj]]:
        found: dict[str, Any] = (job.get("spec") or {}).get(kind.specs) or {}
        return [(t, found[t]) for t in order if isinstance(found.get(t), dict)]

    def pod_sets(job: Obj) -> list[QuotaPodSet]:
        return [
            QuotaPodSet(
                t.lower(),
                1 if s.get("replicas") is None else int(s["replicas"]),
                s.get("template") or {},
                _path(kind, t),
                "training.kubeflow.org/replica-index",
            )
            for t, s in specs(job)
        ]

    def priority_class(job: Obj) -> str:
        wish = ((job.get("spec") or {}).get("runPolicy") or {}).get("schedulingPolicy") or {}
        names = [wish.get("priorityClass"), *((s.get("template") or {}).get("spec", {}).get("priorityClassName") for _, s in specs(job))]
        return str(next((n for n in names if n), ""))

    return QuotaJob(
        resource=kind.resource,
        kind=kind.kind,
        api_version="kubeflow.org/v1",
        integration=integration,
        is_suspended=_is_suspended,
        set_suspend=_set_suspend,
        pod_sets=pod_sets,
        finished=_finished,
        active=_active,
        pods_ready=_pods_ready,
        priority_class=priority_class,
        webhooks=(f"m{kind.kind.lower()}.kb.io", f"v{kind.kind.lower()}.kb.io"),
    )


def _path(kind: Kind, replica: str) -> tuple[str | int, ...]:
    return ("spec", kind.specs, replica, "template")


def _is_suspended(job: Obj) -> bool:
    return bool(((job.get("spec") or {}).get("runPolicy") or {}).get("suspend"))


def _set_suspend(job: Obj, value: bool) -> None:
    spec = job.setdefault("spec", {})
    spec["runPolicy"] = {**(spec.get("runPolicy") or {}), "suspend": value}


def _condition(job: Obj, type: str) -> Obj | None:
    found = (job.get("status") or {}).get("conditions") or []
    return next((c for c in found if c.get("type") == type and c.get("status") == "True"), None)


def _finished(job: Obj) -> tuple[str, bool] | None:
    for type in ("Succeeded", "Failed"):
        if condition := _condition(job, type):
            return str(condition.get("message", "")), type == "Succeeded"
    return None


def _active(api: Api, job: Obj) -> bool:
    counters = (job.get("status") or {}).get("replicaStatuses") or {}
    return any((c or {}).get("active") for c in counters.values())


def _pods_ready(api: Api, job: Obj) -> bool:
    return _condition(job, "Running") is not None
