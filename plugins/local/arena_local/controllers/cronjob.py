"""The CronJob controller of Kubernetes."""

from __future__ import annotations

from arena_core.k8s import conditions
from arena_local.sdk.bundle import Api, Obj
from arena_local.sdk.crons import CronController, CronKind


def outcome(job: Obj) -> str:
    """Return how a Job has ended: the condition that is true."""
    return next((type for type in ("Complete", "Failed") if conditions.is_true(job, type)), "")


def ended(job: Obj) -> str:
    """Return when a Job was complete."""
    return str((job.get("status") or {}).get("completionTime") or "")


KIND = CronKind(
    resource="cronjobs.batch",
    child="jobs.batch",
    child_kind="Job",
    api_version="batch/v1",
    component="cronjob-controller",
    annotation="batch.kubernetes.io/cronjob-scheduled-timestamp",
    outcome=outcome,
    ended=ended,
)


def cronjob_controller(api: Api) -> CronController:
    """Return the controller."""
    return CronController(api, KIND)
