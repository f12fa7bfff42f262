"""What the job types of the Training Operator share: conditions to phase, counts and times, run policy, gang, queue. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from arena_core.types import Cause, Find, Instance, JobStatus, Manifest, Phase, PodSet, Related, Resource

JOB_LABEL = "training.kubeflow.org/job-name"
OPERATOR_LABEL = "training.kubeflow.org/operator-name"
TYPE_LABEL = "training.kubeflow.org/replica-type"
INDEX_LABEL = "training.kubeflow.org/replica-index"
ROLE_LABEL = "training.kubeflow.org/job-role"
KUEUE_QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
KUEUE_PRIORITY_LABEL = "kueue.x-k8s.io/priority-class"

WORKLOAD = Resource("kueue.x-k8s.io", "v1beta1", "Workload", "workloads")
VOLCANO_GROUP = Resource("scheduling.volcano.sh", "v1beta1", "PodGroup", "podgroups")
COSCHEDULING_GROUP = Resource("scheduling.x-k8s.io", "v1alpha1", "PodGroup", "podgroups")
PRIORITY_CLASS = Resource("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", namespaced=False)
LOCAL_QUEUE = Resource("kueue.x-k8s.io", "v1beta1", "LocalQueue", "localqueues")
WORKLOAD_PRIORITY = Resource("kueue.x-k8s.io", "v1beta1", "WorkloadPriorityClass", "workloadpriorityclasses", namespaced=False)

#: Which condition at True decides, the first one wins. A condition at False says nothing: its message is of an earlier time.
PRECEDENCE = ("Failed", "Succeeded", "Suspended", "Queuing", "Restarting", "Running", "Created")
_PHASES = {
    "Failed": Phase.FAILED,
    "Succeeded": Phase.SUCCEEDED,
    "Suspended": Phase.SUSPENDED,
    "Queuing": Phase.QUEUING,
    "Restarting": Phase.PENDING,
    "Running": Phase.RUNNING,
    "Created": Phase.PENDING,
}


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the value if it is an object, else an empty one: status hooks take whatever comes."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list, or nothing."""
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, (list, tuple)) else []


def text(value: Any) -> str:
    """Return a text, or an empty one."""
    return value if isinstance(value, str) else ""


def number(value: Any, default: int = 0) -> int:
    """Return a whole number, or the default."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def meta(obj: Any) -> Mapping[str, Any]:
    """Return the object's metadata."""
    return mapping(mapping(obj).get("metadata"))


def replica_specs(job: Any, field: str) -> dict[str, Mapping[str, Any]]:
    """Return the replica specs of a job by type."""
    found = mapping(mapping(mapping(job).get("spec")).get(field))
    return {str(name): spec for name, spec in found.items() if isinstance(spec, Mapping)}


def in_order(names: Iterable[str], order: Sequence[str]) -> list[str]:
    """Return the names in the given order, unknown ones last."""
    return sorted(names, key=lambda n: (order.index(n) if n in order else len(order), n))


def pod_sets(job: Manifest, field: str, order: Sequence[str]) -> list[PodSet]:
    """Return the pod sets of a job: one for each replica type."""
    specs = replica_specs(job, field)
    return [
        PodSet(name.lower(), f"spec.{field}.{name}.template", number(specs[name].get("replicas"), 1)) for name in in_order(specs, order)
    ]


def deciding(job: Any) -> Mapping[str, Any]:
    """Return the condition at True that decides on the state, or an empty one."""
    conditions = items(mapping(mapping(job).get("status")).get("conditions"))
    for wanted in PRECEDENCE:
        for condition in reversed(conditions):
            if condition.get("type") == wanted and condition.get("status") == "True":
                return condition
    return {}


def status(job: Any, instances: Sequence[Instance], related: Sequence[Any], field: str, order: Sequence[str]) -> JobStatus:
    """Return the status of a job of the Training Operator from its conditions, pods and what queues it."""
    state = mapping(mapping(job).get("status"))
    condition = deciding(job)
    exact = text(condition.get("type"))
    phase = _PHASES.get(exact, Phase.PENDING if mapping(job).get("spec") is not None else Phase.UNKNOWN)
    reason, message = text(condition.get("reason")), text(condition.get("message"))
    queued = bool(mapping(meta(job).get("labels")).get(KUEUE_QUEUE_LABEL))
    if exact in ("", "Created") and mapping(mapping(mapping(job).get("spec")).get("runPolicy")).get("suspend") is True:
        phase = Phase.SUSPENDED
    if phase is Phase.SUSPENDED and queued:
        phase = Phase.QUEUING
    if phase is Phase.RUNNING and any(i.phase == "Pending" and i.status != "Terminating" for i in instances):
        phase = Phase.PENDING
    if not phase.finished and (why := waiting(instances, related) if phase is not Phase.RUNNING else None):
        reason, message = why
    end = text(state.get("completionTime"))
    if not end and phase.finished:
        end = text(condition.get("lastTransitionTime"))
    specs = replica_specs(job, field)
    return JobStatus(
        phase=phase,
        exact=exact,
        reason=reason,
        message=message,
        start=text(state.get("startTime")),
        end=end,
        instances=tuple(instances),
        replicas=sum(max(0, number(s.get("replicas"), 1)) for s in specs.values()),
        requests=requests(specs),
        priority=priority(job, specs, order),
    )


def waiting(instances: Sequence[Instance], related: Sequence[Any]) -> tuple[str, str] | None:
    """Return (reason, message) of what keeps a job waiting: the queue, the gang, or a pod; None if nothing says so."""
    for obj in (mapping(o) for o in related):
        conditions = items(mapping(obj.get("status")).get("conditions"))
        wanted = {"Workload": ("QuotaReserved", "False"), "PodGroup": ("Unschedulable", "True")}.get(text(obj.get("kind")))
        for condition in conditions:
            if wanted and (condition.get("type"), condition.get("status")) == wanted and condition.get("message"):
                return text(condition.get("reason")), text(condition.get("message"))
    for instance in instances:
        if instance.phase == "Pending" and (instance.reason or instance.message):
            return instance.reason or instance.status, instance.message
    return None


def requests(specs: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Return the extended resources that all pods together ask for (``nvidia.com/gpu`` → 4)."""
    total: dict[str, int] = {}
    for spec in specs.values():
        pod = mapping(mapping(spec.get("template")).get("spec"))
        for container in items(pod.get("containers")):
            for name, amount in mapping(mapping(container.get("resources")).get("limits")).items():
                if "/" in str(name) and str(amount).isdecimal() and len(str(amount)) < 20:
                    total[str(name)] = total.get(str(name), 0) + int(amount) * max(0, number(spec.get("replicas"), 1))
    return total


def priority(job: Any, specs: Mapping[str, Mapping[str, Any]], order: Sequence[str]) -> str:
    """Return the priority class of a job's pods."""
    for name in in_order(specs, order):
        if found := text(mapping(mapping(specs[name].get("template")).get("spec")).get("priorityClassName")):
            return found
    policy = mapping(mapping(mapping(mapping(job).get("spec")).get("runPolicy")).get("schedulingPolicy"))
    return text(policy.get("priorityClass"))


def related(field: str) -> tuple[Related, ...]:
    """Return what else tells of a job: its Workload in Kueue and the PodGroup of its gang."""
    return (
        Related(WORKLOAD, _workload),
        Related(VOLCANO_GROUP, lambda job: _group(job, field, "annotations", "scheduling.k8s.io/group-name")),
        Related(COSCHEDULING_GROUP, lambda job: _group(job, field, "labels", "scheduling.x-k8s.io/pod-group")),
    )


def _workload(job: Manifest) -> Find | None:
    labels = mapping(meta(job).get("labels"))
    uid = text(meta(job).get("uid"))
    return Find(label_selector=f"kueue.x-k8s.io/job-uid={uid}") if labels.get(KUEUE_QUEUE_LABEL) and uid else None


def _group(job: Manifest, field: str, place: str, key: str) -> Find | None:
    for spec in replica_specs(job, field).values():
        template = mapping(spec.get("template"))
        if name := text(mapping(meta(template).get(place)).get(key)):
            return Find(name=name)
        if place == "annotations" and mapping(template.get("spec")).get("schedulerName") == "volcano" and meta(job).get("uid"):
            # Volcano makes one of its own for pods that name none.
            return Find(name=f"podgroup-{meta(job)['uid']}")
    return None


def pod_labels(job: Manifest, operator: str) -> Mapping[str, str]:
    """Return the labels that all pods of a job carry and no others do."""
    return {JOB_LABEL: text(meta(job).get("name")), OPERATOR_LABEL: operator}


def run_policy(args: Any) -> dict[str, Any]:
    """Return ``spec.runPolicy`` from the shared flags; a limit of 0 is none."""
    policy: dict[str, Any] = {"cleanPodPolicy": args.clean_task_policy}
    if args.running_timeout:
        policy["activeDeadlineSeconds"] = args.running_timeout
    if args.ttl_after_finished:
        policy["ttlSecondsAfterFinished"] = args.ttl_after_finished
    return policy


def explain(status: JobStatus, related: Sequence[Any]) -> list[Cause]:
    """Say in plain words why a job is not running."""
    if status.phase in (Phase.RUNNING, Phase.SUCCEEDED):
        return []
    causes = [_cause(mapping(obj)) for obj in related]
    causes += [Cause(f"{i.short_name}: {i.message or i.reason}", object=f"pod/{i.name}") for i in status.instances if i.message or i.reason]
    found = [c for c in causes if c is not None]
    if not found and status.phase is Phase.SUSPENDED:
        found.append(Cause(status.message or "the job is suspended", "set spec.runPolicy.suspend to false to start it"))
    if not found and status.message:
        found.append(Cause(status.message))
    if not found and not status.exact:
        hint = "is it running? the events of the job say what it could not make"
        found.append(Cause("the Training Operator has not taken up the job yet", hint))
    return found


def _cause(obj: Mapping[str, Any]) -> Cause | None:
    kind, name = text(obj.get("kind")), text(meta(obj).get("name"))
    if kind == "Workload" and mapping(obj.get("spec")).get("active") is False:
        return Cause("the queue has deactivated this job", "set spec.active of its Workload to true", f"workload/{name}")
    hint = {"Workload": "it waits for quota in its queue", "PodGroup": "all pods of the gang must fit at once"}.get(kind, "")
    why = waiting((), (obj,))
    return Cause(why[1], hint, f"{kind.lower()}/{name}") if why else None
