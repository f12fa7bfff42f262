"""A pod's status from what its containers do, as the kubelet of Kubernetes 1.36 writes it; pure."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from arena_local.kubelet.model import Run, Slot, full_image, image_id
from arena_local.sdk.bundle import Obj

OWN_CONDITIONS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
EPOCH = "1970-01-01T00:00:00Z"
FINAL = ("Succeeded", "Failed")


def seconds(stamp: str) -> str:
    """Cut a time down to whole seconds, as ``metav1.Time`` is written."""
    return stamp[:19] + "Z" if stamp else EPOCH


def phase_of(pod: Obj, slots: Sequence[Slot], *, ended: bool) -> str:
    """Return the phase that the containers' states mean; ``ended`` says that nothing is started any more."""
    never = pod["spec"].get("restartPolicy", "Always") == "Never"
    pending_init = failed_init = False
    for slot in slots:
        if slot.kind == "main":
            continue
        run = _known(slot)
        if slot.kind == "sidecar":
            pending_init |= not (slot.running and slot.started) and (run is None or run.running)
        elif run is None or run.running:
            pending_init = True
        elif run.failed:
            failed_init = True
            pending_init |= not never
    main = [s for s in slots if s.kind == "main"]
    if failed_init and (never or ended):
        return "Failed"
    begun = any(_known(s) for s in main)
    if pending_init and not begun and not ended:
        return "Pending"
    return _main_phase(pod, main, ended=ended)


def _main_phase(pod: Obj, main: Sequence[Slot], *, ended: bool) -> str:
    running = sum(s.running for s in main)
    stopped = [run for s in main if (run := _known(s)) and not run.running]
    if running + len(stopped) < len(main) and not ended:
        return "Pending"
    if running:
        return "Running"
    good = len(stopped) == len(main) and not any(run.failed for run in stopped)
    policy = pod["spec"].get("restartPolicy", "Always")
    if ended:
        return "Succeeded" if good else "Failed"
    if policy == "Always":
        return "Running"
    if good:
        return "Succeeded"
    return "Failed" if policy == "Never" else "Running"


def _known(slot: Slot) -> Run | None:
    return slot.run or slot.last


def conditions(pod: Obj, slots: Sequence[Slot], phase: str, *, sandbox: bool, now: str) -> list[Obj]:
    """Return the conditions: foreign ones first, then the kubelet's own; times change only where the status does."""
    old = {c["type"]: c for c in (pod.get("status") or {}).get("conditions") or ()}
    ready = _readiness(slots, phase)
    wanted = {
        "PodReadyToStartContainers": ("True" if sandbox else "False", "", ""),
        "Initialized": _initialized(slots, phase),
        "Ready": _gated(pod, ready, old),
        "ContainersReady": ready,
        "PodScheduled": ("True", "", ""),
    }
    result = [c for t, c in old.items() if t not in OWN_CONDITIONS]
    for kind, (status, reason, message) in wanted.items():
        condition: Obj = {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": now}
        condition["observedGeneration"] = pod["metadata"].get("generation", 1)
        before = old.get(kind)
        if before and before.get("status") == status:
            condition["lastTransitionTime"] = before.get("lastTransitionTime") or now
        if reason:
            condition["reason"] = reason
        if message:
            condition["message"] = message
        result.append(condition)
    return result


def disrupted(reason: str, message: str, now: str) -> Obj:
    """Return the condition that says that a pod was ended for reasons of the node."""
    condition = {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message}
    return condition | {"lastProbeTime": None, "lastTransitionTime": now}


def _readiness(slots: Sequence[Slot], phase: str) -> tuple[str, str, str]:
    if phase == "Succeeded":
        return "False", "PodCompleted", ""
    if phase == "Failed":
        return "False", "PodFailed", ""
    order = [s for s in slots if s.kind == "sidecar"] + [s for s in slots if s.kind == "main"]
    unready = [s.name for s in order if not (s.running and s.ready)]
    if unready:
        return "False", "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]"
    return "True", "", ""


def _gated(pod: Obj, ready: tuple[str, str, str], old: dict[str, Obj]) -> tuple[str, str, str]:
    gates = [g["conditionType"] for g in pod["spec"].get("readinessGates") or ()]
    if ready[0] != "True" or not gates:
        return ready
    texts = []
    for gate in gates:
        if gate not in old:
            texts.append(f'corresponding condition of pod readiness gate "{gate}" does not exist.')
        elif old[gate].get("status") != "True":
            texts.append(f'the status of pod readiness gate "{gate}" is not "True", but {old[gate].get("status")}')
    return ("False", "ReadinessGatesNotReady", ", ".join(texts)) if texts else ready


def _initialized(slots: Sequence[Slot], phase: str) -> tuple[str, str, str]:
    if phase == "Succeeded":
        return "True", "PodCompleted", ""
    if any(s.kind == "main" and s.run for s in slots):
        return "True", "", ""
    incomplete = [s.name for s in slots if s.kind != "main" and not _complete(s)]
    if incomplete:
        return "False", "ContainersNotInitialized", f"containers with incomplete status: [{' '.join(incomplete)}]"
    return "True", "", ""


def _complete(slot: Slot) -> bool:
    if slot.kind == "sidecar":
        return slot.running and slot.started
    return slot.run is not None and slot.run.exit_code == 0


def container_status(slot: Slot, default_waiting: str) -> Obj:
    """Return the status of one container."""
    run, last = slot.run, slot.last
    if slot.waiting and run and not run.running:
        last = run
    status: Obj = {"name": slot.name, "state": {}, "lastState": {}, "ready": False, "restartCount": run.number if run else 0}
    image = str(slot.spec.get("image", ""))
    status |= {"image": full_image(image) if run else image, "imageID": image_id(image) if run else "", "started": False}
    mounts = [{"name": item["name"], "mountPath": item["mountPath"]} | _read_only(item) for item in slot.spec.get("volumeMounts") or ()]
    if mounts:
        status["volumeMounts"] = mounts
    if run:
        status["containerID"] = f"arena://{run.id}"
        status["resources"] = slot.spec.get("resources") or {}
    if slot.waiting:
        status["state"] = {"waiting": _text(*slot.waiting)}
    elif run is None:
        status["state"] = {"waiting": {"reason": default_waiting}}
    elif run.running:
        status["state"] = {"running": {"startedAt": seconds(run.started)}}
        status["started"] = slot.started
        status["ready"] = slot.ready and slot.started and slot.kind != "init"
        if slot.introduced:
            status["user"] = {"linux": {"uid": os.getuid(), "gid": os.getgid(), "supplementalGroups": sorted(os.getgroups())}}
    else:
        status["state"] = {"terminated": terminated(run)}
        status["ready"] = slot.kind == "init" and run.exit_code == 0
    if last and not last.running:
        status["lastState"] = {"terminated": terminated(last)}
    return status


def _read_only(mount: Obj) -> Obj:
    return {"readOnly": True, "recursiveReadOnly": "Disabled"} if mount.get("readOnly") else {}


def terminated(run: Run) -> Obj:
    """Return the state of a run that is over."""
    state: Obj = {"exitCode": run.exit_code, "reason": run.reason, "startedAt": seconds(run.started), "finishedAt": seconds(run.finished)}
    state["containerID"] = f"arena://{run.id}"
    if run.message:
        state["message"] = run.message
    if run.reason == "ContainerStatusUnknown":
        state["startedAt"] = state["finishedAt"] = None
        del state["containerID"]
    return state


def _text(reason: str, message: str) -> Obj:
    return {"reason": reason, "message": message} if message else {"reason": reason}


def build(  # noqa: PLR0913
    pod: Obj,
    slots: Sequence[Slot],
    *,
    now: str,
    sandbox: bool = False,
    ip: str = "",
    host_ip: str = "127.0.0.1",
    ended: bool = False,
    held: bool = False,
    forced: str = "",
    reason: str = "",
    message: str = "",
) -> Obj:
    """Return the whole status.

    ``ended``: nothing is started any more (deleted, deadline). ``held``: the phase may not become final yet, because processes may
    still be there; conditions tell already. ``forced`` is the phase whatever the containers do (deadline). ``reason`` and ``message``
    come with the final phase.
    """
    old = pod.get("status") or {}
    phase = forced or phase_of(pod, slots, ended=ended)
    status: Obj = {k: v for k, v in old.items() if k in ("qosClass", "nominatedNodeName", "resize", "resourceClaimStatuses")}
    status |= {"observedGeneration": pod["metadata"].get("generation", 1), "phase": phase}
    status["conditions"] = conditions(pod, slots, phase, sandbox=sandbox, now=now)
    if held and phase in FINAL:
        status["phase"] = old.get("phase", "Pending")
    elif phase in FINAL and reason:
        status |= {"reason": reason, "message": message}
    status |= {"hostIP": host_ip, "hostIPs": [{"ip": host_ip}], "startTime": old.get("startTime") or now}
    if ip:
        status |= {"podIP": ip, "podIPs": [{"ip": ip}]}
    has_init = any(s.kind != "main" for s in slots)
    waiting = "PodInitializing" if has_init else "ContainerCreating"
    if has_init:
        status["initContainerStatuses"] = [container_status(s, waiting) for s in slots if s.kind != "main"]
    status["containerStatuses"] = _sorted(container_status(s, waiting) for s in slots if s.kind == "main")
    return status


def _sorted(statuses: Iterable[Obj]) -> list[Any]:
    return sorted(statuses, key=lambda s: str(s["name"]))
