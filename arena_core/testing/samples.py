"""Moments in the life of a job, as recorded from a real cluster: what the conformance kit feeds to the hooks that read."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena_core.contract.types import Manifest, Phase

#: The labels by which Kubernetes marks the pods of a Job.
PLAIN_JOB_LABELS = (
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/controller-uid",
    "job-name",
    "controller-uid",
)


@dataclass(frozen=True)
class Sample:
    """One moment, and the phase that it is.

    ``job`` is a whole object, or only what the job has besides what the type builds (``{"status": ...}``): then its pods get the labels
    by which the type finds them. ``related`` are the further objects that ``arena_related`` names.
    """

    phase: Phase
    job: Manifest
    pods: tuple[Manifest, ...] = ()
    related: tuple[Manifest, ...] = ()


def read_samples(path: Path) -> tuple[Sample, ...]:
    """Return the samples of a file: a JSON list of ``{"phase", "job", "pods", "related"}``, the last two where there are some."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple(Sample(Phase(r["phase"]), r["job"], tuple(r.get("pods", ())), tuple(r.get("related", ()))) for r in rows)


def merged(obj: Any, more: Any) -> Any:
    """Return a copy of an object with another merged into it, mappings key by key."""
    if isinstance(obj, Mapping) and isinstance(more, Mapping):
        both = {key: merged(obj[key], more[key]) if key in obj else copy.deepcopy(more[key]) for key in more}
        return {**copy.deepcopy(dict(obj)), **both}
    return copy.deepcopy(more)


def _pod(index: int, phase: str, container: Manifest, **labels: str) -> Manifest:
    meta = {
        "name": f"pod-{index}",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"batch.kubernetes.io/job-completion-index": str(index), **labels},
    }
    status = {"phase": phase, "startTime": "2026-01-01T00:00:01Z", "containerStatuses": [{"name": "main", **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [{"name": "main"}]}, "status": status}


def _pods(phase: str, container: Manifest) -> tuple[Manifest, ...]:
    return tuple(_pod(index, phase, container) for index in range(2))


def _condition(kind: str, reason: str = "", message: str = "") -> Manifest:
    return {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": "2026-01-01T00:01:00Z"}


def _ended(code: int, reason: str) -> Manifest:
    times = {"startedAt": "2026-01-01T00:00:02Z", "finishedAt": "2026-01-01T00:00:58Z"}
    return {"ready": False, "state": {"terminated": {"exitCode": code, "reason": reason, **times}}}


_RUNNING = {"ready": True, "started": True, "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}}}
_WAITING = {"ready": False, "state": {"waiting": {"reason": "ContainerCreating"}}}
_START = {"startTime": "2026-01-01T00:00:00Z"}


def plain_job_samples() -> tuple[Sample, ...]:
    """Return the life of an indexed Job (``batch/v1``) with two pods, for types that make Jobs: each phase at least once."""
    size = {"spec": {"parallelism": 2, "completions": 2}}
    done = {**_START, "completionTime": "2026-01-01T00:01:00Z", "succeeded": 2, "ready": 0, "completedIndexes": "0,1"}
    complete = [_condition("SuccessCriteriaMet", "CompletionsReached"), _condition("Complete", "CompletionsReached")]
    limit = "Job has reached the specified backoff limit"
    failed = [_condition("FailureTarget", "BackoffLimitExceeded", limit), _condition("Failed", "BackoffLimitExceeded", limit)]
    over = {**_START, "failed": 2, "ready": 0, "conditions": failed}
    suspended = [_condition("Suspended", "JobSuspended", "Job suspended")]
    return (
        Sample(Phase.PENDING, {"status": {}}),
        Sample(Phase.PENDING, {**size, "status": {**_START, "active": 2, "ready": 0}}, _pods("Pending", _WAITING)),
        Sample(Phase.RUNNING, {**size, "status": {**_START, "active": 2, "ready": 2}}, _pods("Running", _RUNNING)),
        Sample(Phase.SUCCEEDED, {**size, "status": {**done, "conditions": complete}}, _pods("Succeeded", _ended(0, "Completed"))),
        Sample(Phase.FAILED, {**size, "status": over}, _pods("Failed", _ended(3, "Error"))),
        Sample(Phase.SUSPENDED, {"spec": {"suspend": True}, "status": {"conditions": suspended}}),
    )


def phases_of(samples: Iterable[Sample]) -> frozenset[Phase]:
    """Return the phases that samples show."""
    return frozenset(sample.phase for sample in samples)
