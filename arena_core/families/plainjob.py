"""The Job of plain Kubernetes (``batch/v1``), for types that make one: its pods, what it is doing, and why. Pure and total.

Importable by plugins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.types import NOT_TAKEN_UP, Cause, Find, Instance, JobStatus, Manifest, Phase, PodSet, Rank, Scale
from arena_core.families import batch, gangs, kueue
from arena_core.families.kubeflow import explain_gang
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly
from arena_core.podstatus import instance
from arena_core.typed import Any

RESOURCE = batch.JOB
#: Labels that the Job controller writes on pods.
JOB_NAME = "batch.kubernetes.io/job-name"
INDEX = "batch.kubernetes.io/job-completion-index"

_TOLD = {"BackoffLimitExceeded": "more pods have failed than --retry allows", "DeadlineExceeded": "it ran longer than it may"}


def selectors(job: Manifest) -> list[str]:
    """Return the label selector of the Job's pods: the controller's own label, or what a Job says that chooses for itself (Arena's do)."""
    chosen = dig.mapping(job, "spec", "selector", "matchLabels")
    if dig.flag(job, "spec", "manualSelector") and chosen and all(isinstance(value, str) for value in chosen.values()):
        return exactly(dict(chosen))
    return exactly({JOB_NAME: dig.text(job, "metadata", "name")})


def related(job: Any) -> list[Find]:
    """Say how to find what queues the job and its gang."""
    return [*kueue.finds(job), *gangs.finds([dig.dig(job, "spec", "template")])]


def scale(job: Any) -> list[Scale]:
    """Return the pods that run at a time, no more than must succeed; none of a job in a queue, whose size was what it was admitted with."""
    if kueue.decides(job):
        return []
    most = dig.dig(job, "spec", "completions")
    return [Scale("worker", "spec.parallelism", 0, most if isinstance(most, int) and not isinstance(most, bool) else None)]


def pod_sets(job: Any) -> list[PodSet]:
    """Return the one set of pods."""
    if not dig.mapping(job, "spec", "template"):
        return []
    return [PodSet("worker", "spec.template", batch.pods_of_job(dig.dig(job, "spec")))]


def instances(job: Any, pods: Sequence[Any]) -> tuple[Instance, ...]:
    """Return the pods by number, of each number the newest first; the first pod is the chief."""
    real = [pod for pod in pods if isinstance(pod, Mapping)]
    real.sort(key=lambda pod: dig.text(pod, "metadata", "name"))
    real.sort(key=lambda pod: dig.text(pod, "metadata", "creationTimestamp"), reverse=True)
    single = batch.pods_of_job(dig.dig(job, "spec")) <= 1
    indexes = [dig.number(dig.labels(pod), INDEX, default=-1) for pod in real]
    chief = _chief(real, indexes, single)
    main = next((dig.text(c, "name") for c in dig.items(job, "spec", "template", "spec", "containers")), "")
    found = [
        instance(pod, role="worker", index=index if index >= 0 else None, chief=pod is chief, container=main)
        for pod, index in zip(real, indexes, strict=True)
    ]
    return tuple(sorted(found, key=lambda i: (not i.chief, i.index is None, i.index or 0)))


def _chief(pods: Sequence[Mapping[str, Any]], indexes: Sequence[int], single: bool) -> Mapping[str, Any] | None:
    """Return the newest pod of number 0; of pods without numbers the newest where one replaces another, else the oldest."""
    numbered = [pod for pod, index in zip(pods, indexes, strict=True) if index == 0]
    if numbered or any(index >= 0 for index in indexes):
        same = numbered
    else:
        same = list(pods) if single else list(pods)[::-1]
    started = [pod for pod in same if dig.text(pod, "status", "phase") != "Pending"]
    return next(iter(started or same), None)


def status(job: Any, pods: Sequence[Any] | None, related: Sequence[Any]) -> JobStatus:
    """Return the status from conditions, counters, pods (None: not read) and what queues the job."""
    members = instances(job, pods or ())
    said = batch.settled(job, related, decide(job), pods, lambda said: batch.with_pods(said, members, pods or ()))
    replicas = batch.pods_of_job(dig.dig(job, "spec"))
    return batch.status(job, said, members, [(dig.dig(job, "spec", "template"), replicas)])


def decide(job: Any) -> batch.Said:
    """Return (phase, exact word, reason, message) from conditions and counters alone."""
    if found := batch.condition_true(job, "Complete", "Failed"):
        kind = dig.text(found, "type")
        phase = Phase.SUCCEEDED if kind == "Complete" else Phase.FAILED
        return phase, kind, dig.text(found, "reason"), dig.text(found, "message")
    if dig.flag(job, "spec", "suspend"):
        found = batch.condition_true(job, "Suspended")
        return (
            Phase.SUSPENDED,
            "Suspended",
            dig.text(found, "reason") or "JobSuspended",
            dig.text(found, "message") or "spec.suspend is true",
        )
    if found := batch.condition_true(job, "FailureTarget", "SuccessCriteriaMet"):
        # Decided, but pods are still ending.
        return Phase.RUNNING, dig.text(found, "type"), dig.text(found, "reason"), dig.text(found, "message")
    active, ready = dig.number(job, "status", "active"), dig.number(job, "status", "ready")
    if active and ready >= active:
        return Phase.RUNNING, "", "", ""
    if not active and dig.number(job, "status", "failed"):
        return Phase.PENDING, "", batch.BACK_OFF, "its pod has failed, the next one is made after a pause"
    return Phase.PENDING, "", "", ""


def explain(job: Any, pods: Sequence[Any] | None, related: Sequence[Any]) -> list[Cause]:
    """Return why the Job is not running, as far as its own object and its queue tell; pods and events speak for themselves."""
    found = status(job, pods or (), related)
    causes = [*explain_gang(found, related), *batch.explain_held(found, job, related)]
    if found.phase is Phase.FAILED:
        text = _TOLD.get(found.reason) or found.message or "the Job has failed"
        return [*causes, Cause(text, rank=Rank.INFO, reason=found.reason)]
    if found.phase is Phase.PENDING and found.reason == batch.BACK_OFF:
        return [*causes, Cause(found.message, rank=Rank.WAITS, reason=batch.BACK_OFF)]
    if found.phase is Phase.PENDING and dig.dig(job, "spec", "parallelism") == 0:
        return [*causes, Cause("it runs no instances: spec.parallelism is 0", "scale it up", rank=Rank.HELD, reason="NoInstances")]
    if found.phase is Phase.PENDING and not dig.mapping(job, "status") and not found.instances:
        return [*causes, Cause("the Job controller has not taken up the job yet", rank=Rank.INFO, reason=NOT_TAKEN_UP)]
    return causes
