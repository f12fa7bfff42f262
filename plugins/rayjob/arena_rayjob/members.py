"""The pods of a RayJob as instances, and which of them has the log of the command. Pure and total over arbitrary JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.types import Instance, JobStatus, LogQuery, LogSource, PodSet
from arena_core.k8s import dig
from arena_core.podstatus import default_log_sources, instance
from arena_core.records import replace
from arena_core.typed import Any
from arena_rayjob import names

_SPEC = ("spec", "rayClusterSpec")


def mode(job: Any) -> str:
    """Return the submission mode."""
    return dig.text(job, "spec", "submissionMode") or names.K8S_JOB


def groups(job: Any) -> list[tuple[str, str, Mapping[str, Any], int, int]]:
    """Return (name, path of the template, template, replicas, pods of each) of the head and of each group of workers."""
    if not dig.mapping(job, *_SPEC):
        return []
    path = ".".join(_SPEC)
    found = [(names.HEAD, f"{path}.headGroupSpec.template", dig.mapping(job, *_SPEC, "headGroupSpec", "template"), 1, 1)]
    for index, group in enumerate(dig.items(job, *_SPEC, "workerGroupSpecs")):
        name = dig.text(group, "groupName") or f"group-{index}"
        count = 0 if dig.flag(group, "suspend") else max(0, dig.number(group, "replicas"))
        template = dig.mapping(group, "template")
        found.append(
            (name, f"{path}.workerGroupSpecs[{index}].template", template, count, max(1, dig.number(group, "numOfHosts", default=1)))
        )
    return found


def pod_sets(job: Any, purpose: str = "wrap") -> list[PodSet]:
    """Return the head and each group of workers; for quota the submitter, too, if its template stands in the job.

    An AppWrapper overlooks that a replica may have several pods, so it is told its own numbers; Kueue counts every host.
    """
    if purpose != "quota":
        return [_set(job, name, path, count) for name, path, _, count, _ in groups(job)]
    found = [_set(job, name, path, count * hosts) for name, path, _, count, hosts in groups(job)]
    if mode(job) == names.K8S_JOB and dig.mapping(job, "spec", "submitterPodTemplate"):
        found.append(PodSet(names.SUBMITTER, "spec.submitterPodTemplate", 1, runs_command=False))
    return found


def _set(job: Any, name: str, path: str, count: int) -> PodSet:
    """Return a set of nodes of the Ray cluster; Ray runs the command on the head."""
    command = dig.text(job, "spec", "entrypoint") if name == names.HEAD else ""
    return PodSet(name, path, count, ends=False, runs_command=False, command=command)


def wanted(job: Any) -> int:
    """Return how many pods the job has at full size."""
    return sum(count * hosts for _, _, _, count, hosts in groups(job)) + int(mode(job) == names.K8S_JOB)


def instances(job: Any, pods: Sequence[Any]) -> tuple[Instance, ...]:
    """Return the pods: submitter, head, workers. The chief has the log of the command, or runs it."""
    real = [pod for pod in pods if isinstance(pod, Mapping)]
    real.sort(key=lambda p: (dig.text(p, "metadata", "creationTimestamp"), dig.text(p, "metadata", "name")))
    roles = [_role(pod) for pod in real]
    newest = {role: index for index, role in enumerate(roles) if role in (names.HEAD, names.SUBMITTER)}
    lead = newest.get(names.SUBMITTER if mode(job) == names.K8S_JOB else names.HEAD)
    found: list[Instance] = []
    counts: dict[str, int] = {}
    for place, (pod, role) in enumerate(zip(real, roles, strict=True)):
        if role in newest:
            index = 0 if newest[role] == place else None
        else:
            index = dig.number(dig.labels(pod), names.REPLICA_INDEX, default=-1)
            index = counts.get(role, 0) if index < 0 else index
            counts[role] = counts.get(role, 0) + 1
        main = names.SUBMITTER_CONTAINER if role == names.SUBMITTER else ""
        found.append(instance(pod, role=role, index=index, chief=place == lead, container=main))
    order = {names.SUBMITTER: 0, names.HEAD: 1}
    return tuple(sorted(_distinct(found), key=lambda i: (order.get(i.role, 2), i.role, i.index is None, i.index or 0)))


def _distinct(found: Sequence[Instance]) -> list[Instance]:
    """Return the instances so that no two share a short name: of several the newest keeps it."""
    last = {i.short_name: place for place, i in enumerate(found)}
    return [i if last[i.short_name] == place else replace(i, index=None) for place, i in enumerate(found)]


def _role(pod: Any) -> str:
    labels = dig.labels(pod)
    kind = labels.get(names.NODE_TYPE)
    if kind == names.HEAD:
        return names.HEAD
    if kind == names.WORKER:
        group = labels.get(names.GROUP, "")
        return names.WORKER if group in ("", names.DEFAULT_GROUP) else group
    return names.SUBMITTER if names.ORIGIN in labels else ""


def log_sources(job: Any, pods: Sequence[Any], query: LogQuery, status: JobStatus) -> list[LogSource]:
    """Return where the logs are. One that is in no pod says why; of a job that has failed KubeRay tells the end of it."""
    how = mode(job)
    named = bool(query.instance or query.all_instances)
    if not named and how in (names.HTTP, names.INTERACTIVE) and status.instances:
        end = dig.text(job, "status", "message").partition(names.LOG)[2].partition("\n")[2]
        text = f"in {how} the log of the command is in no pod, only in Ray's dashboard"
        hint = f"`arena logs {dig.text(job, 'metadata', 'name')} -i head-0` shows the log of Ray's head"
        return [LogSource(label="driver", text=end or None, missing=f"that was the end of it: {text}" if end else text, hint=hint)]
    if not named and not any(i.chief for i in status.instances):
        if status.instances and not dig.text(job, "metadata", "uid"):  # a template, of which a wrapper asks
            name = dig.text(job, "metadata", "name")
            text = "the log of the command is in the submitter's pod, which an AppWrapper does not see"
            hint = f"`arena logs {name} -T rayjob` shows it, `arena logs {name} -i head-0` that of Ray's head"
            return [LogSource(label="driver", missing=text, hint=hint)]
        return []
    container = query.container
    if not container and how == names.SIDECAR and not named:
        container = names.SUBMITTER_CONTAINER
    asked = LogQuery(query.instance, container, query.all_instances, query.previous)
    return default_log_sources(status.instances, [dict(p) for p in pods if isinstance(p, Mapping)], asked, replicas=status.replicas)
