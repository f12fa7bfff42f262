"""Why a TrainJob does not run, as far as its own objects and its queue tell; pods and events speak for themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from arena_core.contract.types import NOT_TAKEN_UP, Cause, LogSource, Phase, Rank
from arena_core.families import batch
from arena_core.families.kubeflow import explain_gang
from arena_core.k8s import dig
from arena_trainjob.names import JOBSET, ROLE
from arena_trainjob.status import INITIALIZING, status

DEADLINE = "DeadlineExceeded"
_TOLD = {
    DEADLINE: "it ran longer than --running-timeout allows; its pods, and so their logs, were deleted then",
    "TrainingRuntimeNotSupported": "its runtime is of a kind that the operator does not support",
    "FailedJobs": "a Job of it has failed",
    "ReachedMaxRestarts": "it failed more often than its runtime allows (failurePolicy.maxRestarts)",
    "FailJobSetFailurePolicyAction": "a Job failed in a way that fails it at once",
}


def explain(job: Any, pods: Sequence[Any] | None, related: Sequence[Any]) -> list[Cause]:
    """Return the reasons."""
    found = status(job, pods, related)
    causes = [*explain_gang(found, related), *batch.explain_held(found, job, related)]
    if found.phase is Phase.FAILED:
        return [*causes, *batch.explain_failed(found, _TOLD, "the TrainJob has failed", related, ROLE)]
    if found.phase is not Phase.PENDING:
        return causes
    if found.reason == INITIALIZING:
        causes.append(Cause(found.message, rank=Rank.INFO, reason=INITIALIZING))
    causes += _restarts(related)
    if not dig.mapping(job, "status") and not found.instances:
        causes.append(Cause("Kubeflow Trainer has not taken up the job yet", rank=Rank.INFO, reason=NOT_TAKEN_UP))
    return causes


def _restarts(related: Iterable[Any]) -> list[Cause]:
    """Return that the JobSet makes all Jobs anew: the TrainJob itself does not tell."""
    causes = []
    for obj in related:
        if isinstance(obj, Mapping) and JOBSET.matches(obj) and (again := batch.condition_true(obj, "RestartingJobSet")):
            text = f"restart {dig.number(obj, 'status', 'restarts')}: all its Jobs are made anew ({dig.text(again, 'message')})"
            causes.append(Cause(text, object=f"jobset/{dig.text(obj, 'metadata', 'name')}", reason=dig.text(again, "reason")))
    return causes


def lost_log(job: Any, pods: Sequence[Any] | None) -> list[LogSource]:
    """Return why there is no log where the operator has deleted the pods; nothing where logs are where they always are."""
    failed = batch.condition_true(job, "Failed")
    if pods or dig.text(failed, "reason") != DEADLINE:
        return []
    return [LogSource(missing=_TOLD[DEADLINE], hint="write what must stay to a claim (--data)")]
