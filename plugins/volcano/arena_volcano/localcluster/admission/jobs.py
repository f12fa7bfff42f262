"""``mutatejob.volcano.sh`` and ``validatejob.volcano.sh``."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from arena_core.k8s import dig, names, podsize, quantity
from arena_local.sdk.bundle import Api, Denied, Obj
from arena_volcano.localcluster.admission.policies import acyclic, policy_errors
from arena_volcano.localcluster.admission.queues import queue_problem
from arena_volcano.localcluster.admission.template import template_errors
from arena_volcano.localcluster.keys import DEFAULT_MAX_RETRY, DEFAULT_QUEUE, SCHEDULER, meta, pod_name, task, tasks
from arena_volcano.localcluster.plugins import KNOWN
from arena_volcano.localcluster.plugins.arguments import arguments

_TIERS = "must not specify 'highestTierAllowed' and 'highestTierName' in networkTopology simultaneously"
_FROZEN = "job updates may not change fields other than `minAvailable`, `tasks[*].replicas under spec` and `PriorityClassName`"
_NEEDS = {"pytorch": ("svc",), "tensorflow": ("svc",), "ray": ("svc",), "mpi": ("svc", "ssh")}


def refuse(message: str) -> Denied:
    """Return a refusal as Volcano's webhooks make it: code 400 and no reason."""
    return Denied(message, code=400)


def mutate_job(api: Api, job: Obj, old: Obj | None, operation: str) -> None:
    """Write the defaults of a new job."""
    spec: dict[str, Any] = job.setdefault("spec", {})
    _decode(spec)
    spec["queue"] = spec.get("queue") or DEFAULT_QUEUE
    spec["schedulerName"] = spec.get("schedulerName") or SCHEDULER
    spec["maxRetry"] = spec.get("maxRetry") or DEFAULT_MAX_RETRY
    for index, entry in enumerate(spec.get("tasks") or ()):
        _default_task(entry, index)
    if not spec.get("minAvailable") and spec.get("tasks"):
        spec["minAvailable"] = sum(entry["minAvailable"] for entry in spec["tasks"])
    plugins: dict[str, Any] = spec.get("plugins") or {}
    for name in list(plugins):
        for needed in _NEEDS.get(name, ()):
            plugins.setdefault(needed, [])


def _decode(spec: dict[str, Any]) -> None:
    """Write all quantities in their canonical form, as the webhook's own decoding does; refuse what is none."""
    for entry in spec.get("tasks") or ():
        pod = (entry.get("template") or {}).get("spec") or {}
        for container in [*(pod.get("containers") or ()), *(pod.get("initContainers") or ())]:
            resources: dict[str, Any] = container.get("resources") or {}
            for kind in ("requests", "limits"):
                if resources.get(kind):
                    resources[kind] = {name: _quantity(value) for name, value in resources[kind].items()}


def _quantity(value: Any) -> str:
    try:
        return quantity.canonical(value)
    except ValueError as error:
        raise refuse(str(error)) from None


def _default_task(entry: dict[str, Any], index: int) -> None:
    entry["name"] = entry.get("name") or f"default{index}"
    template: dict[str, Any] = entry.setdefault("template", {})
    template.setdefault("metadata", {})
    pod = template.setdefault("spec", {})
    if pod.get("hostNetwork") and not pod.get("dnsPolicy"):
        pod["dnsPolicy"] = "ClusterFirstWithHostNet"
    for container in [*(pod.get("containers") or ()), *(pod.get("initContainers") or ())]:
        container.setdefault("resources", {})
    if entry.get("minAvailable") is None:
        partition = entry.get("partitionPolicy") or {}
        least = partition.get("minPartitions") or 0
        entry["minAvailable"] = least * partition.get("partitionSize", 0) if least else entry.get("replicas", 0)
    entry["maxRetry"] = entry.get("maxRetry") or DEFAULT_MAX_RETRY
    if entry.get("replicas") == 0:
        del entry["replicas"]  # the webhook writes the task anew, and Go leaves out a zero


def tell_job(api: Api, job: Obj, old: Obj | None, operation: str) -> list[str]:
    """Warn of tasks that cannot start here: nothing is pulled, and so no image brings a command."""
    tasks = ((dig.text(task, "name"), dig.items(task, "template", "spec", "containers")) for task in dig.items(job, "spec", "tasks"))
    lacking = [name for name, containers in tasks if any(not container.get("command") for container in containers)]
    text = "there is no command, and the local cluster pulls no image that would bring one: it cannot start here"
    return [f"spec.tasks[{name}]: {text}" for name in lacking]


def validate_job(api: Api, job: Obj, old: Obj | None, operation: str) -> None:
    """Refuse what Volcano refuses."""
    if operation == "UPDATE" and old is not None:
        _validate_update(job, old)
        return
    early = next(_fatal(job), "")
    if early:
        raise refuse(early)
    text = "".join(_create_errors(api, job)).strip()
    if text:
        raise refuse(text)


def _fatal(job: Obj) -> Iterator[str]:
    if not tasks(job):
        yield "No task specified in job spec"
    topology = job["spec"].get("networkTopology") or {}
    if _both_tiers(topology):
        yield _TIERS
    plugins = job["spec"].get("plugins") or {}
    if "mpi" in plugins:
        given = arguments(plugins["mpi"])
        for role in ("master", "worker"):
            if task(job, given.get(role, role)) is None:
                yield f"The specified mpi {role} task was not found"
    for entry in tasks(job):
        yield from _partition_errors(entry, meta(job)["name"])


def _both_tiers(topology: dict[str, Any]) -> bool:
    return topology.get("highestTierAllowed") is not None and bool(topology.get("highestTierName"))


def _partition_errors(entry: dict[str, Any], job_name: str) -> Iterator[str]:
    policy = entry.get("partitionPolicy")
    if not policy:
        return
    where = f"in task: {entry['name']}, job: {job_name}"
    total, size = policy.get("totalPartitions", 0), policy.get("partitionSize", 0)
    if total <= 0:
        yield f"'TotalPartitions' must be greater than 0 {where}"
    if size <= 0:
        yield f"'PartitionSize' must be greater than 0 {where}"
    if entry.get("replicas", 0) != total * size:
        yield f"'Replicas' are not equal to TotalPartitions*PartitionSize {where}"
    least = policy.get("minPartitions") or 0
    if least and entry.get("minAvailable") != least * size:
        yield f"'MinAvailable' is not equal to MinPartitions*PartitionSize {where}"
    if _both_tiers(policy.get("networkTopology") or {}):
        yield _TIERS


def _create_errors(api: Api, job: Obj) -> Iterator[str]:
    name, spec = meta(job)["name"], job["spec"]
    seen: set[str] = set()
    for index, entry in enumerate(tasks(job)):
        yield from _count_errors(entry, name)
        if entry["name"] in seen:
            yield f" duplicated task name {entry['name']};"
            break
        seen.add(entry["name"])
        yield policy_errors(entry.get("policies") or (), "spec.tasks.policies")
        yield from _name_errors(pod_name(name, entry["name"], index), "pod", ";")
        yield _template_errors(entry, index)
    yield from _name_errors(name, "job", "")
    if sum(entry.get("replicas", 0) for entry in tasks(job)) < spec.get("minAvailable", 0):
        yield " job 'minAvailable' should not be greater than total replicas in tasks;"
    yield policy_errors(spec.get("policies") or (), "spec.policies")
    for plugin in spec.get("plugins") or ():
        if plugin not in KNOWN:
            yield f" unable to find job plugin: {plugin};"
    yield _volume_error(spec.get("volumes") or ())
    yield queue_problem(api, spec.get("queue", DEFAULT_QUEUE))
    if any(entry.get("dependsOn") for entry in tasks(job)) and not acyclic(job):
        yield " job has dependencies between tasks, but doesn't form a directed acyclic graph(DAG);"


def _count_errors(entry: dict[str, Any], job_name: str) -> Iterator[str]:
    where = f"in task: {entry['name']}, job: {job_name};"
    least, replicas = entry.get("minAvailable"), entry.get("replicas", 0)
    if replicas < 0:
        yield f" 'replicas' < 0 {where}"
    if least is not None and least < 0:
        yield f" 'minAvailable' < 0 {where}"
    elif least is not None and least > replicas:
        yield f" 'minAvailable' is greater than 'replicas' {where}"


def _name_errors(name: str, what: str, end: str) -> Iterator[str]:
    if problems := names.qualified_name(name):
        yield f"create {what} with name {name} validate failed [{' '.join(problems)}]{end}"


def _template_errors(entry: dict[str, Any], index: int) -> str:
    errors = template_errors(entry.get("template") or {})
    if errors:
        return f"spec.task[{index}]." + "".join(f"{error}. " for error in errors)
    if (entry.get("topologyPolicy") or "none") == "none":
        return ""
    for number, container in enumerate(entry["template"]["spec"].get("containers") or ()):
        cpu = podsize.container_requests(container).get("cpu", 0)
        if cpu == 0 or cpu % quantity.ONE:
            return f"the cpu request isn't an integer in spec.task[{index}] container[{number}]."
    return ""


def _volume_error(volumes: Iterable[dict[str, Any]]) -> str:
    seen: set[str] = set()
    for volume in volumes:
        path = volume.get("mountPath") or ""
        if not path:
            return " mountPath is required;"
        if path in seen:
            return f" duplicated mountPath: {path};"
        claim, named = volume.get("volumeClaim"), volume.get("volumeClaimName") or ""
        if claim is None and not named:
            return " either VolumeClaim or VolumeClaimName must be specified;"
        if claim is not None and named:
            return (
                "conflict: If you want to use an existing PVC, just specify VolumeClaimName."
                "If you want to create a new PVC, you do not need to specify VolumeClaimName"
            )
        seen.add(path)
    return ""


def _validate_update(job: Obj, old: Obj) -> None:
    total = 0
    for entry in tasks(job):
        least, replicas = entry.get("minAvailable"), entry.get("replicas", 0)
        if replicas < 0:
            raise refuse(f"'replicas' must be >= 0 in task: {entry['name']}")
        if least is not None and least < 0:
            raise refuse(f"'minAvailable' must be >= 0 in task: {entry['name']}")
        if least is not None and least > replicas:
            raise refuse(f"'minAvailable' must be <= 'replicas' in task: {entry['name']}")
        total += replicas
    if job["spec"].get("minAvailable", 0) > total:
        raise refuse("job 'minAvailable' must not be greater than total replicas")
    if len(tasks(job)) != len(tasks(old)):
        raise refuse("job updates may not add or remove tasks")
    if _fixed(job) != _fixed(old):
        raise refuse(_FROZEN)


def _fixed(job: Obj) -> dict[str, Any]:
    """Return the part of the spec that an update must leave alone."""
    spec: dict[str, Any] = copy.deepcopy(job["spec"])
    for field in ("minAvailable", "priorityClassName"):
        spec.pop(field, None)
    for entry in spec.get("tasks") or ():
        entry.pop("replicas", None)
        entry.pop("minAvailable", None)
    for volume in spec.get("volumes") or ():
        if volume.get("volumeClaim") is not None:
            volume.pop("volumeClaimName", None)
    return spec
