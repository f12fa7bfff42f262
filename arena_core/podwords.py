"""What keeps a pod from running, or how it failed, as one sentence with its rank. Pure and total; importable by plugins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from arena_core import podends
from arena_core.contract.types import Cause, Instance, Rank
from arena_core.k8s import dig
from arena_core.lazily import pattern
from arena_core.podends import End
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
#: Reasons of a container that has ended without having run: it has written nothing.
NOT_STARTED = ("StartError", "ContainerCannotRun", "ContainerCreateFailed")
#: What runtimes put before the sentence that says what is wrong, one layer after the other.
_LAYERS = pattern(r"^(?:failed to (?:create|start) [^:]*: |(?:OCI runtime|runc|crun) [^:]*: |(?:unable|error) to? ?start[^:]*: )+")
_PLAIN = ("", "Error", "Completed")
#: Of why no node takes a pod: what stays until somebody changes it; and what other nodes are merely full of.
_HELD_UP = pattern(r"persistentvolumeclaim|didn't match|untolerated", re.IGNORECASE)
_FULL = pattern(r"Insufficient |Too many pods|didn't have free ports")


def one_line(text: str) -> str:
    """Return a text without line breaks and double blanks."""
    return " ".join(text.split())


def cause_of(pod: Any, member: Instance, *, job_failed: bool = False) -> Cause | None:
    """Return what troubles a pod, or None for one that runs, has ended well or is only being removed."""
    name, where = member.name, f"pod/{member.name}"
    if found := _failed(pod, name, job_failed=job_failed):
        text, reason = found
        return Cause(text, "", where, Rank.FAILED, reason)
    reason, what, message = podends.disrupted_by(pod)
    if reason:
        text = f"{name} {what}{_coded(pod)}" + (f": {message}" if message else "")
        return Cause(text, "", where, Rank.FAILED if job_failed else Rank.HELD, reason)
    if dig.text(pod, "metadata", "deletionTimestamp") or member.phase == "Succeeded":
        return None
    if member.phase == "Failed":
        return Cause(f"{name} failed, and its status does not say why", "", where, Rank.FAILED, "Failed")
    if member.phase == "Unknown":
        said = one_line(dig.text(pod, "status", "message"))
        text = f"what {name} does is not known: {said or f'its node {member.node} does not answer'}"
        return Cause(text, "whoever runs the cluster has to look at the node", where, Rank.HELD, member.reason or "Unknown")
    if since := unheard_since(pod):
        text = f"{member.node or 'the node'}, where {name} runs, has not been heard of since {since}; its pods are shown as they last were"
        return Cause(text, "whoever runs the cluster has to look at the node", where, Rank.HELD, "NodeNotReady")
    return _waiting_container(pod, name) or _scheduling(pod, name) or _initialising(pod, name) or _half_over(pod, name)


def _rows(pod: Any) -> Iterator[Mapping[str, Any]]:
    for key in ("initContainerStatuses", "containerStatuses"):
        yield from dig.items(pod, "status", key)


def _failed(pod: Any, name: str, *, job_failed: bool) -> tuple[str, str] | None:
    """Return (sentence, reason) of what ended badly: the pod's own word first, then the container that failed first.

    The code of a container that its node or a scheduler ended is theirs, not the program's. An earlier run counts where the container
    restarts or the job is lost.
    """
    reason, what, message = podends.ended_by(pod)
    if reason:
        return f"{name} {what}{_coded(pod)}" + (f": {message}" if message else ""), reason
    if podends.disrupted_by(pod)[0]:
        return None
    end = podends.decisive(pod, earlier=False)
    if end is None or not podends.before_deletion(pod, end.ended):
        end = podends.decisive(pod)
        waiting = dig.text(end.row, "state", "waiting", "reason") if end else ""
        if end is None or not end.earlier or not (waiting == "CrashLoopBackOff" or job_failed):
            return None
        return _ending(pod, name, end), waiting or dig.text(end.ended, "reason") or "Error"
    return _ending(pod, name, end), dig.text(end.ended, "reason") or "Error"


def _coded(pod: Any) -> str:
    """Return `` (exit code 137)`` of the container that was ended with its pod."""
    end = podends.decisive(pod, earlier=False)
    return f" (exit code {_code(end.ended)})" if end and _code(end.ended) else ""


def _code(ended: Mapping[str, Any]) -> int:
    return dig.number(ended, "exitCode")


def _who(pod: Any, name: str, end: End) -> str:
    """Name the instance, and the container where it is not the one that everybody thinks of."""
    if end.kind != "main":
        return f"{name}: its {'init container' if end.kind == 'init' else 'sidecar'} {end.container}"
    names = [dig.text(c, "name") for c in dig.items(pod, "spec", "containers")]
    return f"{name}: its container {end.container}" if end.container in names[1:] else name


def _ending(pod: Any, name: str, end: End) -> str:
    container, ended, who = end.container, end.ended, _who(pod, name, end)
    code, reason, signal = _code(ended), dig.text(ended, "reason"), dig.number(ended, "signal")
    message = one_line(dig.text(ended, "message"))
    again = _restarted(end.row)
    if reason == "OOMKilled":
        limit = memory_limit(dig.dig(pod, "spec"), container)
        text = f"{who} was OOMKilled ({f'memory limit {limit}, ' if limit else ''}exit code {code}){again}"
    elif reason in NOT_STARTED:
        text = f"{who} could not start (exit code {code}){again}"
        message = start_trouble(message)
    elif reason == "ContainerStatusUnknown":  # its code is a kubelet's invention
        text = f"how {who} ended is not known: its node has lost it{again}"
    elif not code:
        text = f"{who} was killed by signal {signal}{again}" if signal else f"{who} ended badly ({reason}){again}"
    else:
        text = f"{who} exited with {code}" + (f" ({reason})" if reason not in _PLAIN else "") + again
    source = code_source(pod, container) if end.kind == "init" else ""
    return text + source + (f": {message}" if message else "")


def _restarted(row: Mapping[str, Any]) -> str:
    restarts = dig.number(row, "restartCount")
    return f", restarted {restarts} time{'s' if restarts != 1 else ''}" if restarts else ""


def start_trouble(message: str) -> str:
    """Return what a runtime says of a program that it cannot start, without the layers that passed it on.

    >>> start_trouble('failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: '
    ...     'exec: "tritonserver": executable file not found in $PATH: unknown')
    'exec: "tritonserver": executable file not found in $PATH'
    """
    return _LAYERS.sub("", one_line(message)).removesuffix(": unknown") or one_line(message)


def never_started(pod: Any) -> bool:
    """Whether what failed in a pod is a container that could not even start, so that there is no log of it."""
    end = podends.decisive(pod)
    return end is not None and dig.text(end.ended, "reason") in NOT_STARTED


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
    rows = [*dig.items(spec, "containers"), *(dig.items(spec, "initContainers") if container else ())]
    for row in rows:
        limit = dig.dig(row, "resources", "limits", "memory")
        if limit and (not container or dig.text(row, "name") == container):
            return str(limit)
    return ""


def _waiting_container(pod: Any, name: str) -> Cause | None:
    for row in _rows(pod):
        reason, message = dig.text(row, "state", "waiting", "reason"), one_line(dig.text(row, "state", "waiting", "message"))
        if reason in ("", "PodInitializing", "ContainerCreating"):
            continue
        if reason == "CrashLoopBackOff":
            well = dig.mapping(row, "lastState", "terminated").get("exitCode") == 0
            text = f"it ends with exit code 0 and is started again{_restarted(row)}" if well else reason
            return Cause(f"{name} keeps restarting ({text})", "", f"pod/{name}", Rank.FAILED, reason)
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
        rank = Rank.HELD if _HELD_UP.search(message) and not _FULL.search(message) else Rank.WAITS
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
            last = dig.mapping(row, "lastState", "terminated")
            before = f", which exited with {_code(last)} before{_restarted(row)}" if _code(last) else ""
            text = f"{name} waits for its init container {container}{before}"
            return Cause(text, "", f"pod/{name}", Rank.WAITS, "PodInitializing")
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
