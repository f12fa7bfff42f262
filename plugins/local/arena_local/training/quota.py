"""What Kueue needs to know of a training job besides what its type says: its state, from the conditions."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.k8s import conditions
from arena_local.sdk.bundle import Api, Obj, QuotaJob
from arena_local.sdk.quota import Plugin, quota_of

INDEX = "training.kubeflow.org/replica-index"
PRIORITY = "spec.runPolicy.schedulingPolicy.priorityClass"


def quota_job(plugin: Plugin, integration: str, order: Sequence[str]) -> QuotaJob:
    """Describe a kind to the quota controller; ``order`` is Kueue's order of the replica types."""
    return quota_of(
        plugin,
        integration,
        finished=finished,
        active=active,
        pods_ready=lambda api, job: conditions.is_true(job, "Running"),
        index_label=INDEX,
        order=[role.lower() for role in order],
        priority_path=PRIORITY,
    )


def finished(job: Obj) -> tuple[str, bool] | None:
    """Return the message and whether it has succeeded, of a job that has ended."""
    for type in ("Succeeded", "Failed"):
        if conditions.is_true(job, type):
            return str((conditions.find(job, type) or {}).get("message", "")), type == "Succeeded"
    return None


def active(api: Api, job: Obj) -> bool:
    """Return whether some pod still runs."""
    counters = (job.get("status") or {}).get("replicaStatuses") or {}
    return any((c or {}).get("active") for c in counters.values())
