"""Why a JobSet does not run, as far as its own objects and its queue tell; pods and events speak for themselves. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arena_core.contract.types import NOT_TAKEN_UP, Cause, Phase, Rank
from arena_core.families import batch
from arena_core.families.kubeflow import explain_gang
from arena_core.k8s import dig
from arena_job.jobset.names import ROLE
from arena_job.jobset.status import entries, jobs_of, status

CONTROLLER = "jobset.sigs.k8s.io/jobset-controller"
_TOLD = {
    "FailedJobs": "a Job of it has failed",
    "ReachedMaxRestarts": "it failed more often than --retry allows",
    "FailJobSetFailurePolicyAction": "a Job failed in a way that fails it at once",
}


def explain(job: Any, pods: Sequence[Any] | None, related: Sequence[Any]) -> list[Cause]:
    """Return the reasons."""
    found = status(job, pods, related)
    causes = [*explain_gang(found, related), *batch.explain_held(found, job, related)]
    if found.phase is Phase.FAILED:
        return [*causes, *batch.explain_failed(found, _TOLD, "the JobSet has failed", related, ROLE)]
    if found.phase is not Phase.PENDING:
        return causes
    if found.exact == "Restarting":
        restarts = dig.number(job, "status", "restarts")
        causes.append(Cause(f"restart {restarts}: all Jobs are made anew ({found.message or found.reason})", reason=found.reason))
    causes += _waiting(job)
    manager = dig.text(job, "spec", "managedBy")
    if manager and manager != CONTROLLER:
        text = f"its spec.managedBy says that {manager} takes care of it, not JobSet's controller"
        return [*causes, Cause(text, "a JobSet without spec.managedBy is run here", rank=Rank.HELD, reason="ManagedBy")]
    if not dig.mapping(job, "status") and not found.instances:
        causes.append(Cause("JobSet's controller has not taken up the job yet", rank=Rank.INFO, reason=NOT_TAKEN_UP))
    return causes


def _waiting(job: Any) -> list[Cause]:
    """Return the roles that wait for others."""
    rows = {dig.text(row, "name"): row for row in dig.items(job, "status", "replicatedJobsStatus") if isinstance(row, Mapping)}
    sizes = {dig.text(entry, "name"): jobs_of(entry) for entry in entries(job)}
    in_order = dig.text(job, "spec", "startupPolicy", "startupPolicyOrder") == "InOrder"
    causes, before = [], ""
    for entry in entries(job):
        name = dig.text(entry, "name")
        waits = [(dig.text(item, "name"), dig.text(item, "status")) for item in dig.items(entry, "dependsOn")]
        waits += [(before, "Ready")] if in_order and before else []
        for other, state in waits:
            if rows and not _reached(rows.get(other, {}), state, sizes.get(other, 0)):
                word = "has succeeded" if state == "Complete" else "is ready"
                causes.append(Cause(f"the role {name} starts once the role {other} {word}", rank=Rank.INFO, reason="WaitingForRole"))
        before = name
    return causes


def _reached(row: Mapping[str, Any], state: str, wanted: int) -> bool:
    counted = ("succeeded",) if state == "Complete" else ("ready", "succeeded", "failed")
    return sum(dig.number(row, key) for key in counted) >= wanted
