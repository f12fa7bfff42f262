"""What keeps a pod from running, or how it failed, as one sentence with its rank. Pure and total; importable by plugins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from arena_core.contract.types import Cause, Instance, Rank
from arena_core.k8s import dig, time
from arena_core.podstatus import unheard_since
from arena_core.typed import Any
from arena_core.workdir.names import CONTAINER, is_brought

#: Reasons of a waiting container: what it means, and whether it can end by itself.
_WAITING: Mapping[str, tuple[str, Rank]] = {
    "InvalidImageName": ("can never start, its image name is invalid", Rank.NEVER),
    "ErrImageNeverPull": ("has no image, and it may not be pulled", Rank.HELD),
    "ErrImagePull": ("cannot pull its image", Rank.HELD),
    "ImagePullBackOff": ("cannot pull its image", Rank.HELD),
    "ImageInspectError": ("cannot read its image", Rank.HELD),
    "RegistryUnavailable": ("cannot reach the registry of its image", Rank.HELD),
    "CreateContainerConfigError": ("cannot be made", Rank.HELD),
    "CreateContainerError": ("cannot be made", Rank.HELD),
    "RunContainerError": ("could not start", Rank.FAILED),
}
_NOT_STARTED = ("StartError", "ContainerCannotRun", "ContainerCreateFailed")
_PLAIN = ("", "Error", "Completed")
_DISRUPTED = {
    "PreemptionByScheduler": "was preempted by the scheduler",
    "DeletionByTaintManager": "was deleted because of a taint of its node",
    "EvictionByEvictionAPI": "was evicted (its node is being drained)",
    "TerminationByKubelet": "was ended by its node",
    "DeletionByPodGC": "was deleted with its node",
}


def one_line(text: str) -> str:
    """Return a text without line breaks and double blanks."""
    return " ".join(text.split())


def cause_of(pod: Any, member: Instance, *, job_failed: bool = False) -> Cause | None:
    """Return what troubles a pod, or None for one that runs, has ended well or is only being removed."""
    name, where = member.name, f"pod/{member.name}"
    if found := _failed(pod, name, job_failed=job_failed):
        text, reason = found
        return Cause(text, "", where, Rank.FAILED, reason)
    if disrupted := _disruption(pod):
        return Cause(f"{name} {disrupted[1]}", "", where, Rank.FAILED if job_failed else Rank.HELD, disrupted[0])
    if dig.text(pod, "metadata", "deletionTimestamp") or member.phase == "Succeeded":
        return None
    if since := unheard_since(pod):
        text = f"{member.node or 'the node'}, where {name} runs, has not been heard of since {since}; its pods are shown as they last were"
        return Cause(text, "whoever runs the cluster has to look at the node", where, Rank.HELD, "NodeNotReady")
    return _waiting_container(pod, name) or _scheduling(pod, name) or _initialising(pod, name) or _half_over(pod, name)


def _rows(pod: Any) -> Iterator[tuple[bool, Mapping[str, Any]]]:
    for key in ("initContainerStatuses", "containerStatuses"):
        for row in dig.items(pod, "status", key):
            yield key.startswith("init"), row


def ended_before_deletion(pod: Any, ended: Mapping[str, Any]) -> bool:
    """Whether a container ended by itself: not because its pod was being deleted."""
    deleted = dig.text(pod, "metadata", "deletionTimestamp")
    if not deleted:
        return True
    grace = dig.number(pod, "metadata", "deletionGracePeriodSeconds", default=30)
    finished = dig.text(ended, "finishedAt")
    return bool(finished) and time.nanos(deleted) - time.nanos(finished) > grace * 10**9


def _failed(pod: Any, name: str, *, job_failed: bool) -> tuple[str, str] | None:
    """Return (sentence, reason) of the container that ended badly; of an earlier run where it restarts or the job is lost."""
    for is_init, row in _rows(pod):
        ended = dig.mapping(row, "state", "terminated")
        waiting = dig.text(row, "state", "waiting", "reason")
        last = dig.mapping(row, "lastState", "terminated")
        if ended and _code(ended) and ended_before_deletion(pod, ended):
            return _ending(pod, name, row, ended, is_init=is_init), dig.text(ended, "reason") or "Error"
        if last and _code(last) and (waiting == "CrashLoopBackOff" or job_failed):
            return _ending(pod, name, row, last, is_init=is_init), waiting or dig.text(last, "reason") or "Error"
    reason = dig.text(pod, "status", "reason")
    if dig.text(pod, "status", "phase") == "Failed" and reason and not dig.text(pod, "metadata", "deletionTimestamp"):
        verb = "was evicted" if reason == "Evicted" else f"failed ({reason})"
        message = one_line(dig.text(pod, "status", "message"))
        return f"{name} {verb}" + (f": {message}" if message else ""), reason
    return None


def _code(ended: Mapping[str, Any]) -> int:
    return dig.number(ended, "exitCode")


def _ending(pod: Any, name: str, row: Mapping[str, Any], ended: Mapping[str, Any], *, is_init: bool) -> str:
    container, code, reason = dig.text(row, "name"), _code(ended), dig.text(ended, "reason")
    who = f"{name}: its init container {container}" if is_init else name
    message = one_line(dig.text(ended, "message"))
    restarts = dig.number(row, "restartCount")
    again = f", restarted {restarts} time{'s' if restarts != 1 else ''}" if restarts else ""
    if reason == "OOMKilled":
        limit = memory_limit(dig.dig(pod, "spec"), container)
        text = f"{who} was OOMKilled ({f'memory limit {limit}, ' if limit else ''}exit code {code}){again}"
    elif reason in _NOT_STARTED:
        text = f"{who} could not start (exit code {code}){again}"
    else:
        text = f"{who} exited with {code}" + (f" ({reason})" if reason not in _PLAIN else "") + again
    source = code_source(pod, container) if is_init else ""
    return text + source + (f": {message}" if message else "")


def code_source(pod: Any, container: str) -> str:
    """Return `` (code of REPOSITORY)`` for the init container that fetches code, without what may be a password in it."""
    for spec in dig.items(pod, "spec", "initContainers"):
        if dig.text(spec, "name") != container:
            continue
        found = next((dig.text(e, "value") for e in dig.items(spec, "env") if e.get("name") == "GIT_SYNC_REPO"), "")
        command = dig.dig(spec, "command")
        if not found and isinstance(command, list) and command[:1] == ["rsync"] and len(command) > 2:
            found = str(command[-2])
        return f", it fetches {re.sub(r'//[^/@]*@', '//', found)}" if found else ""
    return ""


def memory_limit(spec: Any, container: str = "") -> str:
    """Return the memory limit of a container as it was written (of the first that has one, where none is named)."""
    for row in dig.items(spec, "containers"):
        limit = dig.dig(row, "resources", "limits", "memory")
        if limit and (not container or dig.text(row, "name") == container):
            return str(limit)
    return ""


def _disruption(pod: Any) -> tuple[str, str] | None:
    found = dig.condition(pod, "DisruptionTarget")
    if found.get("status") != "True":
        return None
    reason, message = dig.text(found, "reason"), one_line(dig.text(found, "message"))
    return reason, _DISRUPTED.get(reason, f"is being disrupted ({reason})") + (f": {message}" if message else "")


def _waiting_container(pod: Any, name: str) -> Cause | None:
    for _, row in _rows(pod):
        reason, message = dig.text(row, "state", "waiting", "reason"), one_line(dig.text(row, "state", "waiting", "message"))
        if reason in ("", "PodInitializing", "ContainerCreating"):
            continue
        if reason == "CrashLoopBackOff":
            return Cause(f"{name} keeps restarting ({reason})", "", f"pod/{name}", Rank.FAILED, reason)
        what, rank = _WAITING.get(reason, (f"waits ({reason})", Rank.HELD))
        return Cause(f"{name} {what}" + (f": {message}" if message and message != reason else ""), "", f"pod/{name}", rank, reason)
    return None


def _scheduling(pod: Any, name: str) -> Cause | None:
    found = dig.condition(pod, "PodScheduled")
    if found.get("status") == "False":
        reason, message = dig.text(found, "reason"), one_line(dig.text(found, "message"))
        if reason == "SchedulingGated":
            gates = ", ".join(dig.text(g, "name") for g in dig.items(pod, "spec", "schedulingGates"))
            return Cause(f"{name} is held by scheduling gates{f' ({gates})' if gates else ''}", "", f"pod/{name}", Rank.HELD, reason)
        if reason == "Schedulable":  # Volcano: the pod would fit, the gang it belongs to does not
            return Cause(f"{name} waits for the rest of its gang: {message}", "", f"pod/{name}", Rank.WAITS, reason)
        rank = Rank.HELD if re.search(r"persistentvolumeclaim|didn't match|untolerated", message, re.IGNORECASE) else Rank.WAITS
        return Cause(
            f"{name} cannot be scheduled: {message}" if message else f"{name} cannot be scheduled", "", f"pod/{name}", rank, reason
        )
    placed = dig.text(pod, "spec", "nodeName") or dig.dig(pod, "status", "containerStatuses")
    if not found and dig.text(pod, "status", "phase") in ("", "Pending") and not placed:
        scheduler = dig.text(pod, "spec", "schedulerName") or "default-scheduler"
        hint = f"does a scheduler named {scheduler} run on this cluster?" if scheduler != "default-scheduler" else ""
        text = f"no scheduler has looked at {name}; its schedulerName is {scheduler}"
        return Cause(text, hint, f"pod/{name}", Rank.HELD if hint else Rank.WAITS, "NotScheduled")
    return None


def _initialising(pod: Any, name: str) -> Cause | None:
    if dig.text(pod, "status", "phase") != "Pending":
        return None
    sidecars = {dig.text(c, "name") for c in dig.items(pod, "spec", "initContainers") if c.get("restartPolicy") == "Always"}
    for row in dig.items(pod, "status", "initContainerStatuses"):
        container = dig.text(row, "name")
        if dig.mapping(row, "state", "terminated") or (container in sidecars and row.get("started") is True):
            continue
        if "running" in dig.mapping(row, "state"):
            if container == CONTAINER and is_brought(dig.dig(pod, "spec")):
                hint = f"`arena workdir push {dig.labels(pod).get('release') or 'JOB'}` brings it"
                return Cause(f"{name} waits for its working directory", hint, f"pod/{name}", Rank.WAITS, "FolderMissing")
            return Cause(f"{name} waits for its init container {container}", "", f"pod/{name}", Rank.WAITS, "PodInitializing")
        break
    return Cause(
        f"{name} is being made on {dig.text(pod, 'spec', 'nodeName') or 'its node'}", "", f"pod/{name}", Rank.WAITS, "ContainerCreating"
    )


def _half_over(pod: Any, name: str) -> Cause | None:
    """One container has ended well and another still runs: whoever waits for the pod's end waits for that one."""
    rows = list(dig.items(pod, "status", "containerStatuses"))
    ended = [
        dig.text(r, "name") for r in rows if dig.mapping(r, "state", "terminated") and not _code(dig.mapping(r, "state", "terminated"))
    ]
    alive = [dig.text(r, "name") for r in rows if "running" in dig.mapping(r, "state")]
    if not ended or not alive:
        return None
    many = len(alive) > 1
    text = f"in {name} {', '.join(ended)} has ended (exit code 0), but {', '.join(alive)} still run{'' if many else 's'}"
    return Cause(text, "the pod ends when all of its containers have", f"pod/{name}", Rank.HELD, "NotReady")
