"""What job types of the Kubeflow Training Operator share: conditions to phase, run policy, roles, instances, reasons.

Importable by plugins; pure and total over arbitrary JSON.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from arena_core.contract.types import NOT_TAKEN_UP, Cause, Find, Instance, JobStatus, Manifest, Phase, PodSet, Rank, Removal
from arena_core.families import gangs, kueue, queueing
from arena_core.k8s import conditions, dig, podsize
from arena_core.k8s.selectors import exactly
from arena_core.podstatus import instance, pick_chief
from arena_core.podwords import cause_of
from arena_core.records import record
from arena_core.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:  # reading commands use this module and must not pay for pydantic
    from arena_core.families.args import RunPolicyArgs

OPERATOR = "training.kubeflow.org/operator-name"
JOB_NAME = "training.kubeflow.org/job-name"
REPLICA_TYPE = "training.kubeflow.org/replica-type"
REPLICA_INDEX = "training.kubeflow.org/replica-index"
JOB_ROLE = "training.kubeflow.org/job-role"
PROVIDER = "the Kubeflow Training Operator (1.7 or later): https://github.com/kubeflow/trainer/tree/release-1.9"
#: Conditions of the operator that decide, in order of precedence.
_PHASES = (
    ("Succeeded", Phase.SUCCEEDED),
    ("Failed", Phase.FAILED),
    ("Suspended", Phase.SUSPENDED),
    ("Restarting", Phase.PENDING),
    ("Running", Phase.RUNNING),
    ("Queuing", Phase.QUEUING),
    ("Created", Phase.PENDING),
)


#: Names of an enumeration are found by a function written in Python: a long list asks for them once.
_PENDING, _SUSPENDED, _QUEUING = Phase.PENDING, Phase.SUSPENDED, Phase.QUEUING
#: What a suspended job is no longer, though its conditions still say so.
_GOES_ON = (_PENDING, Phase.RUNNING, _QUEUING)


def pod_labels(job: Manifest, controller: str) -> dict[str, str]:
    """Return the labels that the operator sets on all pods of a job; ``controller`` is ``pytorchjob-controller`` and so on."""
    return {OPERATOR: controller, JOB_NAME: dig.text(job, "metadata", "name")}


def run_policy(args: RunPolicyArgs, backoff_limit: int | None = None) -> dict[str, Any]:
    """Return ``spec.runPolicy``; times of 0 are left out, and so is a backoff limit of None."""
    policy: dict[str, Any] = {"cleanPodPolicy": args.clean_task_policy}
    if args.running_timeout:
        policy["activeDeadlineSeconds"] = args.running_timeout
    if args.ttl_after_finished:
        policy["ttlSecondsAfterFinished"] = args.ttl_after_finished
    if backoff_limit is not None:
        policy["backoffLimit"] = backoff_limit
    return policy


def backoff_limit(retry: int) -> int:
    """Return the limit that allows ``retry`` restarts: the operator fails the job at the restart whose number reaches it.

    >>> backoff_limit(0), backoff_limit(1), backoff_limit(3)
    (0, 2, 4)
    """
    return retry + 1 if retry else 0


def replica_specs(job: Any, field: str) -> dict[str, Mapping[str, Any]]:
    """Return role → replica spec of ``spec.<field>`` (``pytorchReplicaSpecs``)."""
    specs = dig.mapping(job, "spec", field)
    return {k: v for k, v in specs.items() if isinstance(k, str) and (type(v) is dict or isinstance(v, Mapping))}


def pod_sets(job: Any, field: str, endless: Collection[str] = ()) -> list[PodSet]:
    """Return one pod set per role, named as the operator names the role in pods; those of ``endless`` do not end by themselves."""
    return [
        PodSet(role.lower(), f"spec.{field}.{role}.template", max(dig.number(spec, "replicas", default=1), 0), role not in endless)
        for role, spec in replica_specs(job, field).items()
    ]


def removal(job: Any) -> Removal | None:
    """Return which policy removes pods at the job's end, in the words of its flag."""
    policy = dig.text(job, "spec", "runPolicy", "cleanPodPolicy")
    if policy not in ("All", "Running"):
        return None
    return Removal(f"its clean-task policy is {policy}", "--clean-task-policy None keeps them")


def decide(job: Any) -> tuple[Phase, str, str, str]:
    """Return (phase, exact word, reason, message) from the conditions alone."""
    suspended, said = dig.flag(job, "spec", "runPolicy", "suspend"), conditions.by_type(job)
    for kind, phase in _PHASES:
        found = said.get(kind)
        if found is not None and found.get("status") == "True":
            if suspended and phase in _GOES_ON:
                continue
            return phase, kind, dig.text(found, "reason"), dig.text(found, "message")
    if suspended:
        return _SUSPENDED, "Suspended", "Suspended", "spec.runPolicy.suspend is true"
    return _PENDING, "", "", ""


def instances(pods: Sequence[Any], chief_rules: Sequence[Mapping[str, str]], container: str) -> tuple[Instance, ...]:
    """Return the pods of a job as instances, by role (the chief's first) and index."""
    real = [pod for pod in pods if isinstance(pod, Mapping)]
    if not real:
        return ()
    chief = pick_chief([dict(p) for p in real], chief_rules)
    chief_name = dig.text(chief, "metadata", "name")
    found = []
    for pod in real:
        labels = dig.labels(pod)
        index = dig.number(labels, REPLICA_INDEX, default=-1)
        name = dig.text(pod, "metadata", "name")
        is_chief = chief is not None and name == chief_name
        role = labels.get(REPLICA_TYPE, "")
        found.append(instance(pod, role=role, index=index if index >= 0 else None, chief=is_chief, container=container))
    first = next((i.role for i in found if i.chief), "")
    return tuple(sorted(found, key=lambda i: (i.role != first, i.role, -1 if i.index is None else i.index, i.name)))


def job_status(
    job: Any,
    pods: Sequence[Any],
    related: Sequence[Any] = (),
    *,
    field: str,
    container: str,
    chief_rules: Sequence[Mapping[str, str]],
) -> JobStatus:
    """Return the status of a job of the operator. A job that runs while one of its pods is still pending is PENDING, as in Arena."""
    phase, exact, reason, message = decide(job)
    members = instances(pods, chief_rules, container) if pods else ()
    finished, end = phase.finished, ""
    if finished:
        end = dig.text(job, "status", "completionTime") or dig.text(dig.condition(job, exact), "lastTransitionTime")
    elif phase is _SUSPENDED:
        if waiting := kueue.waiting(job, related):
            phase, (reason, message) = _QUEUING, waiting
    elif members and phase is not _QUEUING:
        phase, reason, message = _with_pods(phase, reason, message, members, pods)
    specs = replica_specs(job, field)
    replicas, asked, priority = _wanted(specs)
    return JobStatus(
        phase=phase,
        exact=exact,
        reason=reason,
        message=message,
        start=dig.text(job, "status", "startTime"),
        end=end,
        instances=members,
        replicas=replicas,
        requests=asked,
        priority=priority or dig.text(job, "spec", "runPolicy", "schedulingPolicy", "priorityClass"),
        removal=removal(job),
    )


def _with_pods(phase: Phase, reason: str, message: str, members: Sequence[Instance], pods: Sequence[Any]) -> tuple[Phase, str, str]:
    """A reason belongs to the phase that is shown: where pods make a running job PENDING they say why, too."""
    by_name = {dig.text(pod, "metadata", "name"): pod for pod in pods}
    stuck = [i for i in members if i.phase == "Pending" and i.status != "Terminating"]
    if stuck:
        said = [cause for i in stuck if (cause := cause_of(by_name.get(i.name), i))]
        first = min(said, key=lambda c: (c.rank, c.reason == "Schedulable"), default=None)
        if first is None:
            return Phase.PENDING, stuck[0].status, f"{stuck[0].name} is {stuck[0].status}"
        return Phase.PENDING, first.reason, first.message
    crashing = next((c for i in members if i.status == "CrashLoopBackOff" and (c := cause_of(by_name.get(i.name), i))), None)
    if phase is Phase.RUNNING and crashing:
        return phase, crashing.reason, crashing.message
    return phase, reason, message


def requests(specs: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Return the extended resources of all pods of all roles."""
    return _wanted(specs)[1]


def _wanted(specs: Mapping[str, Mapping[str, Any]]) -> tuple[int, dict[str, int], str]:
    """Return how many pods all roles have, their extended resources, and the first priority class that a role names."""
    total: dict[str, int] = {}
    replicas, priority = 0, ""
    for spec in specs.values():
        pod, count = dig.dig(spec, "template", "spec"), max(dig.number(spec, "replicas", default=1), 0)
        replicas += count
        if asked := podsize.devices(pod):
            podsize.add(total, asked, count)
        priority = priority or dig.text(pod, "priorityClassName")
    return replicas, total, priority


def explain(status: JobStatus, job: Any, related: Sequence[Any] = ()) -> list[Cause]:
    """Return why the job is not running, as far as its own object and its queue tell; pods and events speak for themselves."""
    if status.phase == Phase.QUEUING and (held := queueing.cause(job, related)):
        return [held]
    if status.phase == Phase.SUSPENDED:
        hint = f"`arena resume {dig.text(job, 'metadata', 'name')}` lets it run"
        return [Cause("it is suspended", hint, rank=Rank.HELD, reason="Suspended")]
    if status.phase == Phase.FAILED and status.message:
        return [Cause(status.message, rank=Rank.INFO, reason=status.reason)]
    if status.phase == Phase.PENDING and not status.exact and not status.instances:
        text = "the Training Operator has not taken up the job yet"
        return [Cause(text, "is the operator running?", rank=Rank.INFO, reason=NOT_TAKEN_UP)]
    if status.exact == "Restarting" and status.message:
        return [Cause(status.message, rank=Rank.WAITS, reason=status.reason)]
    return []


def finds(job: Any, field: str) -> list[Find]:
    """Say how to find what queues a job (Kueue's Workload) and its gang (the PodGroup that its pods name); total."""
    return [*kueue.finds(job), *gangs.finds(dig.dig(spec, "template") for spec in replica_specs(job, field).values())]


def explain_gang(status: JobStatus, related: Sequence[Any]) -> list[Cause]:
    """Return why a gang does not start: what its PodGroup says, or that it waits though some of its pods would fit."""
    causes = []
    for group in related if status.phase is Phase.PENDING else ():
        if dig.text(group, "kind") != "PodGroup":
            continue
        condition = dig.condition(group, "Unschedulable")
        name = f"podgroup/{dig.text(group, 'metadata', 'name')}"
        least = dig.number(group, "spec", "minMember")
        waits = sum(i.phase == "Pending" and not i.node for i in status.instances)
        hint = "all pods of the gang must fit at once"
        if condition.get("status") == "True" and dig.text(condition, "message"):
            text = f"its gang cannot start: {dig.text(condition, 'message')}"
        elif waits or dig.text(group, "status", "phase") == "Pending":
            text = f"its gang cannot start: {waits or 'all'} of {least or status.replicas} pods that must run together cannot be placed"
        else:
            continue
        causes.append(Cause(text, hint, name, Rank.WAITS, "GangUnschedulable"))
    return causes


@record
class Kind:
    """A kind of the operator, as the hooks of its job type need it.

    ``field`` holds the replica specs (``pytorchReplicaSpecs``), ``container`` is the main container's name, ``controller`` the
    operator's name in the labels of pods. ``chief`` are labels, the best first: by default the pod that the operator marks, or worker 0
    of a job that has workers alone: where a job has a master (or chief) and its pod is gone, no other passes for it. Pods of the roles
    in ``endless`` serve the others, and do not end by themselves.
    """

    field: str
    container: str
    controller: str
    chief: tuple[Mapping[str, str], ...] = ({JOB_ROLE: "master"}, {REPLICA_TYPE: "worker", REPLICA_INDEX: "0"})
    endless: tuple[str, ...] = ()

    def related(self, job: Any) -> list[Find]:
        """Say how to find what status and reasons need besides the pods: Kueue's Workload and the PodGroup of a gang."""
        return finds(job, self.field)

    def pod_labels(self, job: Manifest) -> dict[str, str]:
        """Return the labels that the operator sets on all pods of the job."""
        return pod_labels(job, self.controller)

    def selectors(self, job: Manifest) -> list[str]:
        """Return the one selector that finds the pods of the job."""
        return exactly(self.pod_labels(job))

    def status(self, job: Any, pods: Sequence[Any], related: Sequence[Any]) -> JobStatus:
        """Return the status from conditions, pods and what queues the job."""
        led = bool(pods) and not {"Master", "Chief"}.isdisjoint(replica_specs(job, self.field))
        rules = self.chief if not led else tuple(rule for rule in self.chief if rule.get(REPLICA_TYPE) != "worker")
        return job_status(job, pods, related, field=self.field, container=self.container, chief_rules=rules)

    def pod_sets(self, job: Any) -> list[PodSet]:
        """Return one set of pods for each role."""
        return pod_sets(job, self.field, self.endless)

    def explain(self, job: Any, pods: Sequence[Any], related: Sequence[Any]) -> list[Cause]:
        """Return in plain words why the job is not running."""
        found = self.status(job, pods, related)
        return [*explain_gang(found, related), *explain(found, job, related)]
