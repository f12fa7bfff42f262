"""What a Volcano Job is doing, in Arena's words; total over arbitrary JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.types import NOT_TAKEN_UP, Cause, Find, Instance, JobStatus, Manifest, Phase, PodSet, Rank, Resource
from arena_core.families import batch, gangs
from arena_core.k8s import dig
from arena_core.podstatus import instance, pick_chief
from arena_core.podwords import cause_of
from arena_core.records import replace
from arena_core.typed import Any

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
    "Aborting": "its pods are being terminated",
    "Aborted": "it was aborted and waits to be resumed",
    "Completing": "it is complete; remaining pods are being terminated",
    "Terminating": "its pods are being terminated",
    "Terminated": "a policy or a command has terminated it",
}

#: In these phases Volcano drops a Command: it is deleted, and nothing happens.
_DROPPED: Mapping[str, str] = {
    "Restarting": "Volcano is restarting it, and drops such a request meanwhile: try again in a moment",
    "Completing": "it is complete; remaining pods are being terminated",
    "Terminating": "it is being terminated",
}


def related(job: Any) -> list[Find]:
    """Say how to find the job's PodGroup."""
    uid = dig.text(job, "metadata", "uid")
    waits = PHASES.get(dig.text(job, "status", "state", "phase")) == Phase.PENDING
    return [Find(gangs.VOLCANO, owner_uid=uid)] if uid and waits else []  # of a job that runs or has ended it says nothing more


def tasks(job: Any) -> list[Mapping[str, Any]]:
    """Return ``spec.tasks``."""
    return list(dig.items(job, "spec", "tasks"))


def replicas(task: Any) -> int:
    """Return the number of pods of a task."""
    return max(dig.number(task, "replicas"), 0)


def least(job: Any) -> int:
    """Return how many pods must run together: ``minAvailable``, by default all."""
    return dig.number(job, "spec", "minAvailable") or sum(replicas(task) for task in tasks(job))


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
    # Volcano calls a job Running when its gang is met; with --min-available that may be fewer than all.
    together = sum(i.phase in ("Running", "Succeeded") for i in members) >= least(job)
    if phase == Phase.RUNNING and exact == "Running" and not together and any(i.phase == "Pending" for i in members):
        phase = Phase.PENDING
    reason, message = _reason(job, exact, phase, members, pods, related)
    wanted = [(dig.dig(task, "template"), replicas(task)) for task in tasks(job)]
    start, end = dig.text(job, "metadata", "creationTimestamp"), dig.text(job, "status", "state", "lastTransitionTime")
    found = batch.status(job, (phase, exact, reason, message), members, wanted, start=start, end=end)
    return replace(found, priority=_priority(job))


def _priority(job: Any) -> str:
    named = [dig.text(task, "template", "spec", "priorityClassName") for task in tasks(job)]
    return dig.text(job, "spec", "priorityClassName") or next((name for name in named if name), "")


def _reason(
    job: Any, exact: str, phase: Phase, members: Sequence[Instance], pods: Sequence[Any], related: Sequence[Any]
) -> tuple[str, str]:
    said = dig.text(job, "status", "state", "reason"), dig.text(job, "status", "state", "message")
    if any(said):
        return said
    first = _first_failure(members, pods)
    if exact in _ENDS:
        return exact, f"{_ENDS[exact]}; {first.message}" if first and exact == "Terminated" else _ENDS[exact]
    if exact == "Restarting":
        return exact, _restarting(job)
    if phase == Phase.FAILED:
        return _failure(job, first)
    if phase == Phase.PENDING:
        return _waiting(job, members, pods, related)
    return "", ""


def restarts(job: Any) -> tuple[int, int]:
    """Return (restarts that were made, restarts that there may be). The count of retries is one ahead when the last has failed."""
    most = max(dig.number(job, "spec", "maxRetry", default=3) - 1, 0)
    return min(dig.number(job, "status", "retryCount"), most), most


def suspend_check(job: Manifest) -> str:
    """Say why a job cannot be suspended or resumed now: Volcano counts resuming it as a restart, and one too many makes it fail."""
    phase = dig.text(job, "status", "state", "phase")
    if phase in _DROPPED:
        return _DROPPED[phase]
    made, most = restarts(job)
    if made < most:
        return ""
    left = f"all {most} of them are used up (maxRetry {most + 1})" if most else "it may have none (maxRetry 1)"
    return f"Volcano counts resuming as a restart, and {left}: the job would fail"


def _restarting(job: Any) -> str:
    made, most = restarts(job)
    if dig.number(job, "status", "retryCount") > most:
        return f"all {most} restarts are used up (maxRetry {most + 1})" if most else "it may not be restarted (maxRetry 1)"
    return f"restart {made} of at most {most}"


def _failure(job: Any, broken: Cause | None) -> tuple[str, str]:
    made, most = restarts(job)
    used_up = dig.number(job, "status", "retryCount") > most
    tries = f" after {made} restart{'s' if made != 1 else ''} (maxRetry {most + 1})" if made and used_up else ""
    if broken is None:
        return "Failed", f"it failed{tries}" if tries else "too few of its pods have succeeded"
    return broken.reason or "Failed", broken.message + tries


def _first_failure(members: Sequence[Instance], pods: Sequence[Any]) -> Cause | None:
    """Return how the pod failed that failed first, one with an exit code before others."""
    by_name = {dig.text(pod, "metadata", "name"): pod for pod in pods}
    failed = sorted((i for i in members if i.phase == "Failed"), key=lambda i: (not i.exit_code, i.finished))
    found = next((c for i in failed if (c := cause_of(by_name.get(i.name), i, job_failed=True))), None)
    return replace(found, message=found.message.replace("exited with", "failed with exit code")) if found else None


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


def _waiting(job: Any, members: Sequence[Instance], pods: Sequence[Any], related: Sequence[Any]) -> tuple[str, str]:
    pod_group = group(related)
    if unschedulable(pod_group):
        return "Unschedulable", unschedulable(pod_group)
    by_name = {dig.text(pod, "metadata", "name"): pod for pod in pods}
    said = [c for i in members if i.phase == "Pending" and i.status != "Terminating" and (c := cause_of(by_name.get(i.name), i))]
    stuck = min(said, key=lambda c: (c.rank, c.reason == "Schedulable"), default=None)
    if stuck:
        return stuck.reason, stuck.message
    if dig.text(pod_group, "status", "phase") == "Pending" and not members:
        return "WaitingInQueue", f"Volcano's queue {dig.text(job, 'spec', 'queue') or 'default'} has not let it in"
    return "", ""


def explain(job: Any, pods: Sequence[Any], related: Sequence[Any] = ()) -> list[Cause]:
    """Return in plain words why the job is not running, from the queue down to the gang; pods and events speak for themselves."""
    now = status(job, pods, related)
    if now.phase in (Phase.SUCCEEDED, Phase.RUNNING):
        return []
    if not now.exact:
        return [Cause("Volcano has not looked at the job yet", "is its controller running?", rank=Rank.INFO, reason=NOT_TAKEN_UP)]
    if now.phase is Phase.SUSPENDED:
        hint = suspend_check(job) or f"`arena resume {dig.text(job, 'metadata', 'name')}` lets it run again"
        return [Cause(now.message, hint, rank=Rank.HELD, reason=now.reason)]
    pod_group = group(related)
    name = f"podgroup/{dig.text(pod_group, 'metadata', 'name')}"
    queue = dig.text(job, "spec", "queue") or "default"
    causes: list[Cause] = []
    if now.exact == "Pending" and related and not pod_group:
        causes.append(Cause("it has no PodGroup yet", "a claim of its volumes may be missing", rank=Rank.INFO, reason="NoPodGroup"))
    elif dig.text(pod_group, "status", "phase") == "Pending" and not now.instances:
        text = f"the queue {queue} or the cluster has no room for it"
        causes.append(Cause(text, "", name, Rank.WAITS, "WaitingInQueue"))
    if unschedulable(pod_group):
        text = f"its gang cannot start: {unschedulable(pod_group)}"
        causes.append(Cause(text, "all pods of the gang must fit at once", name, Rank.WAITS, "GangUnschedulable"))
    running = sum(1 for i in now.instances if i.phase == "Running")
    if now.exact == "Pending" and running:
        text = f"{running} pod{' runs' if running == 1 else 's run'}, {least(job)} must run together"
        causes.append(Cause(text, rank=Rank.INFO, reason="GangIncomplete"))
    if not causes and now.message:
        rank = Rank.WAITS if now.exact == "Restarting" else Rank.INFO
        causes.append(Cause(now.message, rank=rank, reason=now.reason))
    return causes
