"""What a Volcano Job is doing, in Arena's words; total over arbitrary JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arena_core import dig, gangs
from arena_core.podstatus import extended_resources, instance, pick_chief
from arena_core.types import Cause, Find, Instance, JobStatus, Manifest, Phase, PodSet, Related, Resource

JOB = Resource("batch.volcano.sh", "v1alpha1", "Job", "jobs")
JOB_NAME = "volcano.sh/job-name"
JOB_NAMESPACE = "volcano.sh/job-namespace"
TASK_SPEC = "volcano.sh/task-spec"
TASK_INDEX = "volcano.sh/task-index"
#: Arena's mark of the pods whose logs a user wants first.
DRIVER = ("volcano-role", "driver")

#: Volcano's phases in Arena's words. What is still ending is not over; an aborted job can be resumed.
PHASES: Mapping[str, Phase] = {
    "": Phase.PENDING,
    "Pending": Phase.PENDING,
    "Inqueue": Phase.PENDING,
    "Running": Phase.RUNNING,
    "Restarting": Phase.PENDING,
    "Completing": Phase.RUNNING,
    "Completed": Phase.SUCCEEDED,
    "Failed": Phase.FAILED,
    "Aborting": Phase.SUSPENDED,
    "Aborted": Phase.SUSPENDED,
    "Terminating": Phase.RUNNING,
    "Terminated": Phase.FAILED,
}
_ENDS = {
    "Aborting": "its pods are being ended",
    "Aborted": "it was aborted and waits for ResumeJob",
    "Completing": "it is complete, the pods that still run are being ended",
    "Terminating": "its pods are being ended",
    "Terminated": "a policy or a command has terminated it",
}


def _group_of(job: Manifest) -> Find | None:
    uid = dig.text(job, "metadata", "uid")
    waits = PHASES.get(dig.text(job, "status", "state", "phase")) == Phase.PENDING
    return Find(owner_uid=uid) if uid and waits else None  # of a job that runs or has ended it says nothing more


#: The job's PodGroup; for ``JobType.related``.
POD_GROUP = Related(gangs.VOLCANO, _group_of)


def tasks(job: Any) -> list[Mapping[str, Any]]:
    """Return ``spec.tasks``."""
    return list(dig.items(job, "spec", "tasks"))


def replicas(task: Any) -> int:
    """Return the number of pods of a task."""
    return max(dig.number(task, "replicas"), 0)


def pod_labels(job: Manifest) -> dict[str, str]:
    """Return the labels that Volcano sets on all pods of a job."""
    return {JOB_NAME: dig.text(job, "metadata", "name"), JOB_NAMESPACE: dig.text(job, "metadata", "namespace")}


def pod_sets(job: Any) -> list[PodSet]:
    """Return one pod set per task."""
    return [
        PodSet(dig.text(task, "name") or f"default{index}", f"spec.tasks[{index}].template", replicas(task))
        for index, task in enumerate(tasks(job))
    ]


def chief_rules(job: Any) -> tuple[Mapping[str, str], ...]:
    """Return how to find the chief: Arena's mark, else the first pod of the first task."""
    first = dig.text(next(iter(tasks(job)), {}), "name")
    by_task: tuple[Mapping[str, str], ...] = ({TASK_SPEC: first, TASK_INDEX: "0"},) if first else ()
    return ({DRIVER[0]: DRIVER[1], TASK_INDEX: "0"}, *by_task, {TASK_INDEX: "0"})


def instances(job: Any, pods: Sequence[Any]) -> tuple[Instance, ...]:
    """Return the pods in the order of the tasks and their indices."""
    real = [pod for pod in pods if isinstance(pod, Mapping)]
    chief = pick_chief([dict(pod) for pod in real], chief_rules(job))
    order = {dig.text(task, "name"): number for number, task in enumerate(tasks(job))}
    found = []
    for pod in real:
        labels = dig.labels(pod)
        index = dig.number(labels, TASK_INDEX, default=-1)
        is_chief = chief is not None and dig.text(pod, "metadata", "name") == dig.text(chief, "metadata", "name")
        found.append(instance(pod, role=labels.get(TASK_SPEC, ""), index=index if index >= 0 else None, chief=is_chief))
    return tuple(sorted(found, key=lambda i: (order.get(i.role, len(order)), i.role, -1 if i.index is None else i.index, i.name)))


def status(job: Any, pods: Sequence[Any], related: Sequence[Any] = ()) -> JobStatus:
    """Return the status from the job, its PodGroup and its pods."""
    exact = dig.text(job, "status", "state", "phase")
    phase = PHASES.get(exact, Phase.UNKNOWN)
    members = instances(job, pods)
    if phase == Phase.RUNNING and exact == "Running" and any(i.phase == "Pending" for i in members):
        phase = Phase.PENDING
    reason, message = _reason(job, exact, phase, members, related)
    return JobStatus(
        phase=phase,
        exact=exact,
        reason=reason,
        message=message,
        start=dig.text(job, "metadata", "creationTimestamp"),
        end=dig.text(job, "status", "state", "lastTransitionTime") if phase.finished else "",
        instances=members,
        replicas=sum(replicas(task) for task in tasks(job)),
        requests=_requests(job),
        priority=_priority(job),
    )


def _requests(job: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for task in tasks(job):
        for name, amount in extended_resources(dig.dig(task, "template", "spec")).items():
            total[name] = total.get(name, 0) + amount * replicas(task)
    return {name: amount for name, amount in total.items() if amount}


def _priority(job: Any) -> str:
    named = [dig.text(task, "template", "spec", "priorityClassName") for task in tasks(job)]
    return dig.text(job, "spec", "priorityClassName") or next((name for name in named if name), "")


def _reason(job: Any, exact: str, phase: Phase, members: Sequence[Instance], related: Sequence[Any]) -> tuple[str, str]:
    said = dig.text(job, "status", "state", "reason"), dig.text(job, "status", "state", "message")
    if any(said):
        return said
    if exact in _ENDS:
        first = _first_failure(members)
        return exact, f"{_ENDS[exact]}; {_failed_text(first)}" if first and exact == "Terminated" else _ENDS[exact]
    retries = dig.number(job, "status", "retryCount")
    if exact == "Restarting":
        return exact, f"restart {retries} of at most {dig.number(job, 'spec', 'maxRetry', default=3) - 1}"
    if phase == Phase.FAILED:
        return _failure(job, members, retries)
    if phase == Phase.PENDING:
        return _waiting(job, members, related)
    return "", ""


def _failure(job: Any, members: Sequence[Instance], retries: int) -> tuple[str, str]:
    limit = dig.number(job, "spec", "maxRetry", default=3)
    tries = f" after {retries} restarts (maxRetry {limit})" if retries and retries >= limit else ""
    broken = _first_failure(members)
    if broken is None:
        return "Failed", f"it failed{tries}" if tries else "too few of its pods have succeeded"
    return broken.reason or "Failed", _failed_text(broken) + tries


def _first_failure(members: Sequence[Instance]) -> Instance | None:
    """Return the pod that failed first, one with an exit code before others."""
    failed = sorted((i for i in members if i.phase == "Failed"), key=lambda i: (not i.exit_code, i.finished))
    return next(iter(failed), None)


def _failed_text(broken: Instance) -> str:
    code = f" with exit code {broken.exit_code}" if broken.exit_code else ""
    why = f": {broken.message}" if broken.message else ""
    return f"{broken.short_name} failed{code}{why}"


def group(related: Sequence[Any]) -> Mapping[str, Any]:
    """Return the PodGroup among the related objects, or an empty mapping."""
    found = [obj for obj in related if isinstance(obj, Mapping) and gangs.VOLCANO.matches(obj)]
    return max(found, key=lambda obj: dig.text(obj, "metadata", "creationTimestamp"), default={})


def unschedulable(pod_group: Any) -> str:
    """Return the PodGroup's word on why it cannot be placed, unless it has been placed since."""
    bad, good = dig.condition(pod_group, "Unschedulable"), dig.condition(pod_group, "Scheduled")
    if bad.get("status") != "True":
        return ""
    if good.get("status") == "True" and dig.text(good, "lastTransitionTime") >= dig.text(bad, "lastTransitionTime"):
        return ""
    return dig.text(bad, "message") or dig.text(bad, "reason")


def _waiting(job: Any, members: Sequence[Instance], related: Sequence[Any]) -> tuple[str, str]:
    pod_group = group(related)
    stuck = next((i for i in members if i.phase == "Pending" and i.reason), None)
    if unschedulable(pod_group):
        return "Unschedulable", unschedulable(pod_group)
    if stuck:
        return stuck.reason, f"{stuck.short_name}: {stuck.message or stuck.status}"
    if dig.text(pod_group, "status", "phase") == "Pending" and not members:
        return "WaitingInQueue", f"Volcano's queue {dig.text(job, 'spec', 'queue') or 'default'} has not let it in"
    return "", ""


def explain(job: Any, pods: Sequence[Any], related: Sequence[Any] = ()) -> list[Cause]:
    """Return in plain words why the job is not running, from the queue down to the pods."""
    now = status(job, pods, related)
    if now.phase in (Phase.SUCCEEDED, Phase.RUNNING):
        return []
    pod_group = group(related)
    name = f"podgroup {dig.text(pod_group, 'metadata', 'name')}"
    queue = dig.text(job, "spec", "queue") or "default"
    causes: list[Cause] = []
    if not now.exact:
        causes.append(Cause("Volcano has not looked at the job yet", "is its controller running?"))
    elif now.exact == "Pending" and related and not pod_group:
        causes.append(Cause("it has no PodGroup yet", "a claim of its volumes may be missing: look at its events"))
    elif dig.text(pod_group, "status", "phase") == "Pending" and not now.instances:
        hint = f"`kubectl get queue {queue} -o yaml` shows what it may use and what is taken"
        causes.append(Cause(f"the queue {queue} or the cluster has no room for it", hint, name))
    if unschedulable(pod_group):
        causes.append(Cause(unschedulable(pod_group), "all pods of the gang must fit at once", name))
    causes += [
        Cause(f"{i.reason}: {i.message or i.status}", object=f"pod {i.name}") for i in now.instances if i.reason and i.phase != "Running"
    ]
    if now.exact == "Pending" and any(i.phase == "Running" for i in now.instances):
        least = dig.number(job, "spec", "minAvailable")
        running = sum(1 for i in now.instances if i.phase == "Running")
        causes.append(Cause(f"{running} pods run, {least} must run together"))
    if not causes and now.message:
        causes.append(Cause(now.message))
    return causes
