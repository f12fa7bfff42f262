"""How the job inside has ended, which an AppWrapper does not know: its operator counts pods. Pure and total.

A job may have succeeded while pods of it that never end keep its AppWrapper Running, or while those that were cleaned up make it Failed;
and a job whose failure shows in no pod is Running to the operator for good.
"""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.types import JobHandle, JobStatus, JobView, Manifest, Phase
from arena_core.k8s import dig
from arena_core.records import replace
from arena_core.typed import Any


def only(job: Any) -> bool:
    """Whether there is one component with pods: of several the end of one says nothing of the whole."""
    said = list(dig.items(job, "status", "componentStatus"))
    parts = list(dig.items(job, "spec", "components"))
    return sum(bool(dig.dig(part, "podSets") or (i < len(said) and dig.dig(said[i], "podSets"))) for i, part in enumerate(parts)) <= 1


def actual(related: Sequence[Manifest], inner: JobHandle | None) -> Manifest | None:
    """Return the job inside as it lives in the cluster."""
    return next((obj for obj in related if inner and inner.job_type.resource.matches(obj)), None)


def judged(view: JobView, seen: JobStatus, inner: JobHandle | None) -> JobStatus:
    """Return the status with the end of the job inside, where that is another one than the operator's."""
    found = actual(view.related or (), inner)
    if inner is None or found is None or seen.exact not in ("Running", "Succeeded", "Failed") or not only(view.manifest):
        return seen
    others = tuple(obj for obj in view.related or () if obj is not found)
    own = inner.status(JobView(found, view.pods, others))
    name = f"{inner.job_type.name} {dig.text(found, 'metadata', 'name')}"
    if seen.phase is Phase.PENDING and own.phase is Phase.PENDING and not seen.message:
        return replace(seen, reason=own.reason, message=own.message)  # what only the type inside knows
    if own.phase is Phase.SUCCEEDED and seen.exact != "Succeeded":
        return replace(seen, phase=own.phase, reason="JobSucceeded", message=f"{name} has succeeded; {_beside(seen)}", end=own.end)
    if own.phase is not Phase.FAILED or seen.exact == "Failed":
        return seen
    told = f"{name} has failed{f' ({own.reason})' if own.reason else ''}{f': {own.message}' if own.message else ''}"
    if seen.exact == "Succeeded" or (view.pods is not None and _unnoticed(found, seen, inner)):
        return replace(seen, phase=own.phase, reason="JobFailed", message=f"{told}; {_beside(seen)}", end=own.end)
    return seen if seen.message else replace(seen, reason="JobFailed", message=f"{told}; the operator looks again within 60 s")


def _unnoticed(found: Manifest, seen: JobStatus, inner: JobHandle) -> bool:
    """Whether the operator will not notice that the job has failed: all pods are there and well, and it looks at nothing else.

    Only a job with pods that never end (Ray nodes, MPI workers) can fail so. Of any other the pods were read before they failed.
    """
    if len(inner.pod_sets(found, "quota")) == len(inner.pod_sets(found, "wrap")):
        return False
    well = len(seen.instances) >= seen.replicas and all(i.phase in ("Running", "Succeeded") for i in seen.instances)
    wrapping = inner.job_type.wrapping
    return well and not (wrapping and wrapping.failure_seen) and not _pods_failed(found)


def _pods_failed(found: Manifest) -> bool:
    """Whether the job itself counts failed pods: then the operator will, too, and what is known of the pods is older than that."""
    status = dig.mapping(found, "status")
    counts = [dig.mapping(status, "replicaStatuses", name) for name in dig.mapping(status, "replicaStatuses")]
    # A count of failed attempts stands beside no count of pods.
    counts += [status] if {"minAvailable", "running", "active", "pending"} & set(status) else []
    return any(isinstance(n := count.get("failed"), int) and n > 0 for count in counts)


def _beside(seen: JobStatus) -> str:
    """Say what the AppWrapper is meanwhile, and what that means."""
    if seen.exact != "Running":
        return f"its AppWrapper is {seen.exact}{f' ({seen.reason}: {seen.message})' if seen.exact == 'Failed' else ''}"
    ends = bool(seen.instances) and all(i.phase == "Succeeded" for i in seen.instances)
    return "its AppWrapper has not noticed yet" if ends else "its AppWrapper is still Running: it counts pods, and keeps those that go on"
