"""What an MPIJob is doing, in Arena's words: conditions, launcher and workers. Pure and total over arbitrary JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.types import NOT_TAKEN_UP, Cause, Find, JobStatus, Manifest, Phase, PodSet, Rank, Resource
from arena_core.families import kubeflow
from arena_core.families.kubeflow import JOB_NAME, JOB_ROLE, OPERATOR, REPLICA_INDEX, REPLICA_TYPE
from arena_core.k8s import dig
from arena_core.lazily import pattern
from arena_core.records import replace
from arena_core.typed import Any

FIELD = "mpiReplicaSpecs"
CONTAINER = "mpi"
#: The Training Operator has an MPIJob of the same group and name in version v1; a cluster has one of the two.
RESOURCE = Resource("kubeflow.org", "v2beta1", "MPIJob", "mpijobs", older=("v1",))
CONTROLLER, CONTROLLER_V1 = "mpi-operator", "mpijob-controller"
LAUNCHER, WORKER = "launcher", "worker"
JOB = Resource("batch", "v1", "Job", "jobs")
#: The pod whose log a user wants: workers only wait to be reached.
CHIEF: tuple[Mapping[str, str], ...] = ({JOB_ROLE: LAUNCHER},)
EVICTED = "MPIJobEvicted"
_ORDINAL = pattern(r"-(\d{1,9})\Z")


def pod_labels(job: Manifest) -> dict[str, str]:
    """Return the labels that the operator sets on launcher and workers."""
    return {OPERATOR: CONTROLLER_V1 if is_v1(job) else CONTROLLER, JOB_NAME: dig.text(job, "metadata", "name")}


def is_v1(job: Any) -> bool:
    """Whether it is the Training Operator's."""
    return dig.text(job, "apiVersion") == f"{RESOURCE.group}/v1"


def related(job: Any) -> list[Find]:
    """Say how to find the batch Job that keeps the launcher, what queues the job and its gang."""
    name = dig.text(job, "metadata", "name")
    return [*([Find(JOB, f"{name}-launcher")] if name and not is_v1(job) else []), *kubeflow.finds(job, FIELD)]


def pod_sets(job: Any, purpose: str = "wrap") -> list[PodSet]:
    """Return launcher and workers; for a wrapper (``wrap``) only the launcher.

    Workers never end by themselves: an AppWrapper that counts them stays Running for ever, or fails when they are cleaned up.
    """
    sets = (s if s.name == LAUNCHER else replace(s, ends=False, runs_command=False) for s in kubeflow.pod_sets(job, FIELD))
    found = sorted(sets, key=lambda s: s.name)
    return [s for s in found if s.name == LAUNCHER] or found if purpose == "wrap" else found


def status(job: Any, pods: Sequence[Any], related: Sequence[Any] = ()) -> JobStatus:
    """Return the status from conditions, pods and what queues the job."""
    found = kubeflow.job_status(
        _without_eviction(job), _named(pods), related, field=FIELD, container=CONTAINER, chief_rules=({REPLICA_TYPE: LAUNCHER},)
    )
    reason, message = found.reason.rstrip("/"), found.message.rstrip().removesuffix(":")
    if found.phase is Phase.PENDING and found.exact in ("", "Created") and reason in ("", "MPIJobCreated"):
        reason, message = _waiting(job, found) or (reason, message)
    return replace(found, reason=reason, message=message)


def _named(pods: Sequence[Any]) -> Sequence[Any]:
    """Return the pods with the labels by which the Training Operator names role and index; an index is that in the pod's name.

    Of several launchers only the newest is ``launcher-0``.
    """
    real = [pod for pod in pods if isinstance(pod, Mapping)]
    if not real:
        return pods
    launchers = [p for p in real if _role(dig.labels(p)) == LAUNCHER]
    newest = max(launchers, key=lambda p: dig.text(p, "metadata", "creationTimestamp"), default=None)
    return [_with_role(pod, newest=pod is newest) for pod in real]


def _role(labels: Mapping[str, str]) -> str:
    """Return the role as the MPI Operator names it, or the Training Operator."""
    return labels.get(JOB_ROLE) or labels.get(REPLICA_TYPE, "")


def _with_role(pod: Mapping[str, Any], *, newest: bool) -> dict[str, Any]:
    labels = {key: value for key, value in dig.labels(pod).items() if key not in (REPLICA_TYPE, REPLICA_INDEX)}
    role = _role(dig.labels(pod))
    ordinal = _ORDINAL.search(dig.text(pod, "metadata", "name"))
    if role == WORKER and ordinal:
        labels[REPLICA_INDEX] = ordinal[1]
    elif role == LAUNCHER and newest:
        labels[REPLICA_INDEX] = "0"
    if role:
        labels[REPLICA_TYPE] = role
    return {**pod, "metadata": {**dig.mapping(pod, "metadata"), "labels": labels}}


def _without_eviction(job: Any) -> Any:
    """Return the job without a failure that is none: evicted workers are made again, and the operator goes on."""
    failed = dig.condition(job, "Failed")
    if failed.get("reason") != EVICTED or dig.text(job, "status", "completionTime"):
        return job
    others = [c for c in dig.items(job, "status", "conditions") if c.get("type") not in ("Failed", "Created")]
    again = {**failed, "type": "Restarting"} if failed.get("status") == "True" else None
    return {**job, "status": {**dig.mapping(job, "status"), "conditions": [*others, *([again] if again else [])]}}


def _waiting(job: Any, found: JobStatus) -> tuple[str, str] | None:
    """Return (reason, message) of a job whose launcher is not there yet because it waits for the workers."""
    if dig.text(job, "spec", "launcherCreationPolicy") != "WaitForWorkersReady" or not found.instances:
        return None
    if any(i.role == LAUNCHER for i in found.instances):
        return None
    running = sum(i.role == WORKER and i.phase == "Running" for i in found.instances)
    wanted = next((s.replicas for s in pod_sets(job, "quota") if s.name == WORKER), 0)
    return "WaitingForWorkers", f"the launcher starts once all workers are ready; {running} of {wanted} run"


def explain(job: Any, pods: Sequence[Any], related: Sequence[Any] = ()) -> list[Cause]:
    """Return in plain words why the job is not running."""
    found = status(job, pods, related)
    causes = [*kubeflow.explain_gang(found, related), *kubeflow.explain(found, job, related)]
    if found.reason == "WaitingForWorkers":
        causes.append(Cause(found.message, rank=Rank.WAITS, reason=found.reason))
    return [_of_mpi(cause) for cause in causes]


def _of_mpi(cause: Cause) -> Cause:
    if cause.reason != NOT_TAKEN_UP:
        return cause
    text = "the MPI Operator has not taken up the job yet, or refuses it (then an event ValidationError says why)"
    return replace(cause, message=text)
