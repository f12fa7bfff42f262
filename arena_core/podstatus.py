"""From a pod to an ``Instance``: kubectl's status text, resources, times, exit code; and which pod is the chief.

Everything here is total: it takes whatever JSON comes and never raises, but for ``default_log_sources``, which says clearly that an
instance is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from arena_core import podends
from arena_core.contract.errors import NotFound, UsageError
from arena_core.contract.types import Instance, LogQuery, LogSource, Manifest
from arena_core.k8s import dig, podsize
from arena_core.typed import Any


def status_text(pod: Any) -> str:
    """Return what ``kubectl get pods`` prints under STATUS.

    >>> status_text({"status": {"phase": "Running"}, "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})
    'Terminating'
    """
    reason = dig.text(pod, "status", "reason") or dig.text(pod, "status", "phase")
    if dig.text(dig.condition(pod, "PodScheduled"), "reason") == "SchedulingGated":
        reason = "SchedulingGated"
    init = _init_text(pod)
    if init and dig.condition(pod, "Initialized").get("status") != "True":
        reason = init
    else:
        reason = _container_text(pod, init or reason)
    if dig.text(pod, "metadata", "deletionTimestamp"):
        if dig.text(pod, "status", "reason") == "NodeLost":
            return "Unknown"
        if dig.text(pod, "status", "phase") not in ("Succeeded", "Failed"):
            return "Terminating"
    return reason or "Unknown"


def _init_text(pod: Any) -> str:
    specs = {dig.text(c, "name"): c for c in dig.items(pod, "spec", "initContainers")}
    for index, container in enumerate(dig.items(pod, "status", "initContainerStatuses")):
        ended = dig.dig(container, "state", "terminated")
        waiting = dig.text(container, "state", "waiting", "reason")
        sidecar = dig.text(specs.get(dig.text(container, "name")), "restartPolicy") == "Always"
        if isinstance(ended, Mapping) and _exit_code(ended) == 0:
            continue
        if sidecar and container.get("started") is True:
            continue
        if isinstance(ended, Mapping):
            return "Init:" + _ended_text(ended)
        if waiting and waiting != "PodInitializing":
            return f"Init:{waiting}"
        return f"Init:{index}/{len(specs)}"
    return ""


def _container_text(pod: Any, reason: str) -> str:
    running = False
    for container in reversed(list(dig.items(pod, "status", "containerStatuses"))):
        ended = dig.dig(container, "state", "terminated")
        waiting = dig.text(container, "state", "waiting", "reason")
        if waiting:
            reason = waiting
        elif isinstance(ended, Mapping):
            reason = _ended_text(ended)
        elif container.get("ready") is True and dig.dig(container, "state", "running") is not None:
            running = True
    if reason == "Completed" and running:
        return "Running" if dig.condition(pod, "Ready").get("status") == "True" else "NotReady"
    return reason


def _ended_text(ended: Mapping[str, Any]) -> str:
    reason = dig.text(ended, "reason")
    if reason:
        return reason
    signal = dig.number(ended, "signal")
    return f"Signal:{signal}" if signal else f"ExitCode:{_exit_code(ended) or 0}"


def _exit_code(ended: Mapping[str, Any]) -> int | None:
    code = ended.get("exitCode")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def instance(pod: Any, *, role: str = "", index: int | None = None, chief: bool = False, container: str = "") -> Instance:
    """Return a pod as an instance of a job; ``container`` is the main one, whose exit code counts if none ended badly."""
    ended = [end for end in podends.ends(pod) if end.kind != "sidecar"]
    reason, message = pod_reason(pod)
    times = [dig.text(end.ended, "finishedAt") for end in ended] or podends.changes(pod)
    phase = dig.text(pod, "status", "phase")
    statuses = [*dig.items(pod, "status", "initContainerStatuses"), *dig.items(pod, "status", "containerStatuses")]
    return Instance(
        name=dig.text(pod, "metadata", "name"),
        status=status_text(pod),
        phase=phase,
        role=role,
        index=index,
        chief=chief,
        node=dig.text(pod, "spec", "nodeName"),
        node_ip=dig.text(pod, "status", "hostIP"),
        ip=dig.text(pod, "status", "podIP"),
        created=dig.text(pod, "metadata", "creationTimestamp"),
        started=dig.text(pod, "status", "startTime"),
        finished=max(times, default="") if phase in ("Succeeded", "Failed") else "",
        restarts=sum(dig.number(s, "restartCount") for s in statuses),
        reason=reason,
        message=message,
        exit_code=_code_of(pod, ended, container),
        requests=podsize.devices(dig.dig(pod, "spec")),
    )


def _code_of(pod: Any, ended: Sequence[podends.End], main: str) -> int | None:
    """Return the exit code of the container that failed first, else of the main one; an init container that ended well says nothing."""
    if bad := podends.decisive(pod):
        return _exit_code(bad.ended)
    mains = sorted((end for end in ended if end.kind == "main"), key=lambda end: bool(main) and end.container != main)
    return _exit_code(mains[0].ended) if mains else None


def pod_reason(pod: Any) -> tuple[str, str]:
    """Return why a pod is not simply running or done: (reason, message) of what explains it best."""
    if dig.text(pod, "status", "reason"):
        return dig.text(pod, "status", "reason"), dig.text(pod, "status", "message")
    for key in ("initContainerStatuses", "containerStatuses"):
        for status in dig.items(pod, "status", key):
            waiting = dig.mapping(status, "state", "waiting")
            if dig.text(waiting, "reason") not in ("", "PodInitializing", "ContainerCreating"):
                return dig.text(waiting, "reason"), dig.text(waiting, "message")
    if bad := podends.decisive(pod, earlier=False):
        return _ended_text(bad.ended), dig.text(bad.ended, "message")
    scheduled = dig.condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return dig.text(scheduled, "reason"), dig.text(scheduled, "message")
    if since := unheard_since(pod):
        return "NodeNotReady", f"the node has not been heard of since {since}"
    return "", ""


def unheard_since(pod: Any) -> str:
    """Return since when a pod's node has not been heard of, or an empty text.

    The control plane then writes Ready=False into the pod; the node itself would have changed ContainersReady as well.
    """
    ready, containers = dig.condition(pod, "Ready"), dig.condition(pod, "ContainersReady")
    lost = ready.get("status") == "False" and containers.get("status") == "True" and not dig.text(ready, "reason")
    if not lost or dig.dig(pod, "spec", "readinessGates") or dig.text(pod, "status", "phase") != "Running":
        return ""
    return dig.text(ready, "lastTransitionTime") or "some time ago"


def has_labels(pod: Any, wanted: Mapping[str, str]) -> bool:
    """Return whether the pod carries all of the labels."""
    have = dig.labels(pod)
    return all(have.get(key) == value for key, value in wanted.items())


def pick_chief(pods: Sequence[Manifest], rules: Iterable[Mapping[str, str]]) -> Manifest | None:
    """Return the chief pod: of the pods that match the first rule that any matches, the newest that is not Pending, else the newest."""
    for rule in rules:
        found = [pod for pod in pods if has_labels(pod, rule)]
        if found:
            found.sort(key=lambda p: dig.text(p, "metadata", "name"))  # of two made in one second always the same
            return max(found, key=lambda p: (dig.text(p, "status", "phase") != "Pending", dig.text(p, "metadata", "creationTimestamp")))
    return None


def log_container(pod: Any, asked: str = "", main: str = "") -> str:
    """Return whose logs to show: the one asked for, the init container that a pod still waits for, the main one, the first."""
    if asked:
        return asked
    if status_text(pod).startswith(("Init:", "PodInitializing")):
        for status in dig.items(pod, "status", "initContainerStatuses"):
            if _exit_code(dig.mapping(status, "state", "terminated")) != 0:
                return dig.text(status, "name")
    names = [dig.text(c, "name") for c in dig.items(pod, "spec", "containers")]
    return main if main in names or not names else names[0]


def lives(instance: Instance) -> bool:
    """Whether the instance has neither ended nor is being ended, as far as its pod tells."""
    return instance.status != "Terminating" and instance.phase not in ("Succeeded", "Failed")


def default_log_sources(
    instances: Sequence[Instance], pods: Sequence[Manifest], query: LogQuery, container: str = "", *, replicas: int = 1
) -> list[LogSource]:
    """Return the streams that the query asks for: one instance, all (the chief first), or the chief.

    ``replicas`` is the number of pods of the whole job: the last one that is left of several is not the chief for that.

    Raises ``NotFound`` for an instance that is not there, ``UsageError`` where it is not clear which one is meant.
    """
    by_name = {dig.text(pod, "metadata", "name"): pod for pod in pods}
    shown = sorted((i for i in instances if i.name in by_name), key=lambda i: not i.chief)
    known = ", ".join(i.short_name for i in shown)
    if query.instance:
        chosen = [i for i in shown if query.instance in (i.name, i.short_name)][:1]
        if not chosen:
            raise NotFound(f"the job has no instance {query.instance!r}", f"instances: {known}" if known else "it has no instances")
    elif query.all_instances or not shown or (len(shown) == 1 and replicas <= 1):
        chosen = shown
    else:
        chosen = [i for i in shown if i.chief][:1]
        living = [i for i in shown if lives(i)]
        if not chosen and len(living) == 1 and replicas <= 1:
            chosen = living  # the others are what an update replaces
        if not chosen and len(shown) == 1:
            raise NotFound(f"the chief's pod is gone, of {replicas} instances only {known} is left", f"`-i {known}` shows its log")
        if not chosen:
            raise UsageError(
                "it has several instances, and none leads the others", f"choose one with -i: {known}; logs also take --all-instances"
            )
    return [LogSource(i.name, log_container(by_name[i.name], query.container, container), i.short_name) for i in chosen]
