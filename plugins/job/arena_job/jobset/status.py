"""What a JobSet is doing, in Arena's words: conditions, counts of Jobs, pods. Pure and total over arbitrary JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.types import Find, Instance, JobStatus, Manifest, Phase, PodSet
from arena_core.families import batch, gangs, kueue
from arena_core.families.batch import Said
from arena_core.families.plainjob import INDEX
from arena_core.k8s import dig
from arena_core.podstatus import instance
from arena_core.typed import Any
from arena_job.jobset.names import JOB, JOB_INDEX, NAME, ROLE
from arena_job.names import CONTAINER

RESTARTING, STARTING = "RestartingJobSet", "StartupPolicyInProgress"
_ENDED = {"Completed": Phase.SUCCEEDED, "Failed": Phase.FAILED}


def pod_labels(job: Manifest) -> dict[str, str]:
    """Return the label that all pods of the JobSet carry."""
    return {NAME: dig.text(job, "metadata", "name")}


def related(job: Any) -> list[Find]:
    """Say how to find the Jobs, what queues the JobSet and its gang."""
    name = dig.text(job, "metadata", "name")
    jobs = [Find(JOB, label_selector=f"{NAME}={name}")] if name else []
    return [*jobs, *kueue.finds(job), *gangs.finds(template for template, _ in templates(job))]


def entries(job: Any) -> list[Mapping[str, Any]]:
    """Return the replicated jobs."""
    return [entry for entry in dig.items(job, "spec", "replicatedJobs") if isinstance(entry, Mapping)]


def jobs_of(entry: Any) -> int:
    """Return how many Jobs a replicated job has."""
    return max(dig.number(entry, "replicas", default=1), 0)


def templates(job: Any) -> list[tuple[Any, int]]:
    """Return (pod template, number of pods) of every replicated job."""
    return [
        (dig.dig(entry, "template", "spec", "template"), jobs_of(entry) * batch.pods_of_job(dig.dig(entry, "template", "spec")))
        for entry in entries(job)
    ]


def pod_sets(job: Any) -> list[PodSet]:
    """Return the sets of equal pods: one for each replicated job."""
    found = []
    for number, (entry, (template, count)) in enumerate(zip(entries(job), templates(job), strict=True)):
        if isinstance(template, Mapping):
            name = dig.text(entry, "name")
            found.append(PodSet(name, f"spec.replicatedJobs[{number}].template.spec.template", count))
    return found


def leader(job: Any) -> tuple[str, int, int]:
    """Return (role, number of the Job, number of the pod) of the pod that leads."""
    chosen = dig.mapping(job, "spec", "coordinator")
    if role := dig.text(chosen, "replicatedJob"):
        return role, dig.number(chosen, "jobIndex"), dig.number(chosen, "podIndex")
    known = [dig.text(entry, "name") for entry in entries(job)]
    wanted = dig.dig(job, "spec", "successPolicy", "targetReplicatedJobs")
    targets = [name for name in wanted if name in known] if isinstance(wanted, list) else []
    return str(next(iter([*targets, *known]), "")), 0, 0


def instances(job: Any, pods: Sequence[Any]) -> tuple[Instance, ...]:
    """Return the pods by role and number, the one that leads first; of one number the newest pod is first, and alone may lead.

    A number counts through all Jobs of the role.
    """
    sizes = {dig.text(entry, "name"): batch.pods_of_job(dig.dig(entry, "template", "spec")) for entry in entries(job)}
    roles = list(sizes)
    real = [pod for pod in pods if isinstance(pod, Mapping)]
    real.sort(key=lambda pod: dig.text(pod, "metadata", "name"))
    real.sort(key=lambda pod: dig.text(pod, "metadata", "creationTimestamp"), reverse=True)
    leads, led, found = leader(job), False, []
    for pod in real:
        labels = dig.labels(pod)
        role, job_index, index = labels.get(ROLE, ""), dig.number(labels, JOB_INDEX, default=-1), dig.number(labels, INDEX, default=-1)
        number = job_index * sizes.get(role, 1) + index if job_index >= 0 and index >= 0 else None
        chief = not led and (role, job_index, index) == leads
        led = led or chief
        found.append(instance(pod, role=role, index=number, chief=chief, container=CONTAINER))
    order = {role: number for number, role in enumerate(sorted(roles, key=lambda role: role != leads[0]))}
    return tuple(sorted(found, key=lambda i: (not i.chief, order.get(i.role, len(order)), i.index is None, i.index or 0)))


def status(job: Any, pods: Sequence[Any] | None, related: Sequence[Any]) -> JobStatus:
    """Return the status from conditions, counters, pods (None: not read) and what queues the job."""
    members = instances(job, pods or ())
    said = batch.settled(job, related, decide(job), pods, lambda said: batch.with_pods(said, members, pods or ()))
    end = dig.text(dig.condition(job, said[1]), "lastTransitionTime")
    return batch.status(job, said, members, templates(job), start=batch.started(job, members), end=end)


def decide(job: Any) -> Said:
    """Return (phase, exact word, reason, message) from conditions and counters alone: a JobSet that runs has no condition."""
    for kind, phase in _ENDED.items():
        found = dig.condition(job, kind)
        if found.get("status") == "True" or dig.text(job, "status", "terminalState") == kind:
            return phase, kind, dig.text(found, "reason"), dig.text(found, "message")
    if dig.flag(job, "spec", "suspend"):
        found = batch.condition_true(job, "Suspended")
        reason, message = dig.text(found, "reason") or "SuspendedJobs", dig.text(found, "message") or "spec.suspend is true"
        return Phase.SUSPENDED, "Suspended", reason, message
    rows = [row for row in dig.items(job, "status", "replicatedJobsStatus") if isinstance(row, Mapping)]
    active, ready = (sum(max(dig.number(row, key), 0) for row in rows) for key in ("active", "ready"))
    if restarting := batch.condition_true(job, RESTARTING):
        return Phase.PENDING, "Restarting", dig.text(restarting, "reason"), dig.text(restarting, "message")
    phase = Phase.RUNNING if ready and ready >= active else Phase.PENDING
    if starting := batch.condition_true(job, STARTING):
        reason, message = dig.text(starting, "reason"), dig.text(starting, "message")
        return phase, "Starting" if phase is Phase.PENDING else "", reason, message
    return phase, "", "", ""
