"""The row of a pod: kubectl's STATUS word above all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from arena_core.k8s import conditions, duration, time
from arena_local.server.ages import age

Obj = dict[str, Any]
_NONE = "<none>"


def _sidecar(container: Obj) -> bool:
    return container.get("restartPolicy") == "Always"


def _init_word(pod: Obj) -> tuple[str, bool]:
    """Return the status word while init containers run, and whether they still do."""
    spec, status = pod["spec"], pod.get("status") or {}
    inits = {item["name"]: item for item in spec.get("initContainers") or ()}
    for index, item in enumerate(status.get("initContainerStatuses") or ()):
        state = item.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended is not None and ended.get("exitCode") == 0:
            continue
        if _sidecar(inits.get(item["name"], {})) and item.get("started"):
            continue
        if ended is not None:
            if ended.get("reason"):
                return f"Init:{ended['reason']}", True
            return (f"Init:Signal:{ended['signal']}" if ended.get("signal") else f"Init:ExitCode:{ended.get('exitCode')}"), True
        if waiting is not None and waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return f"Init:{waiting['reason']}", True
        return f"Init:{index}/{len(inits)}", True
    return "", False


def _main_word(pod: Obj, word: str) -> tuple[str, int]:
    """Return the status word that the containers give, and how many are ready."""
    ready, running = 0, False
    for item in reversed((pod.get("status") or {}).get("containerStatuses") or ()):
        state = item.get("state") or {}
        waiting, ended = state.get("waiting"), state.get("terminated")
        if waiting is not None and waiting.get("reason"):
            word = waiting["reason"]
        elif ended is not None:
            signal = f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"
            word = ended.get("reason") or signal
        elif item.get("ready") and "running" in state:
            running, ready = True, ready + 1
    if word == "Completed" and running:
        conditions = (pod.get("status") or {}).get("conditions") or ()
        is_ready = any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
        word = "Running" if is_ready else "NotReady"
    return word, ready


def status_word(pod: Obj) -> tuple[str, int]:
    """Return what kubectl prints under STATUS, and the number of ready containers."""
    status = pod.get("status") or {}
    word = status.get("reason") or status.get("phase", "")
    if (conditions.find(pod, "PodScheduled") or {}).get("reason") == "SchedulingGated":
        word = "SchedulingGated"
    inits = {item["name"]: item for item in pod["spec"].get("initContainers") or ()}
    ready = sum(
        bool(item.get("ready")) and "running" in (item.get("state") or {})
        for item in status.get("initContainerStatuses") or ()
        if _sidecar(inits.get(item["name"], {}))
    )
    init, initializing = _init_word(pod)
    if initializing:
        word = init
    initialized = any(item["type"] == "Initialized" and item["status"] == "True" for item in status.get("conditions") or ())
    if not initializing or initialized:
        word, more = _main_word(pod, word)
        ready += more
    if pod["metadata"].get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            word = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            word = "Terminating"
    return word, ready


def _restarts(pod: Obj, now: datetime) -> str:
    status, inits = pod.get("status") or {}, {item["name"]: item for item in pod["spec"].get("initContainers") or ()}
    _, initializing = _init_word(pod)
    shown = list(status.get("initContainerStatuses") or ()) if initializing else []
    if not initializing:
        shown = [item for item in status.get("initContainerStatuses") or () if _sidecar(inits.get(item["name"], {}))]
        shown += status.get("containerStatuses") or []
    count = sum(item.get("restartCount", 0) for item in shown)
    ends = [time.parse(((item.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or "") for item in shown]
    times = [time for time in ends if time is not None]
    if not count or not times:
        return str(count)
    return f"{count} ({duration.human((now - max(times)).total_seconds())} ago)"


def pod_cells(obj: Obj, now: datetime) -> list[Any]:
    """Return the cells of a pod."""
    spec, status = obj["spec"], obj.get("status") or {}
    word, ready = status_word(obj)
    total = len(spec.get("containers") or ()) + sum(_sidecar(item) for item in spec.get("initContainers") or ())
    gates = spec.get("readinessGates") or []
    met = {item["type"] for item in status.get("conditions") or () if item["status"] == "True"}
    gate_text = f"{sum(gate['conditionType'] in met for gate in gates)}/{len(gates)}" if gates else _NONE
    address = status.get("podIP") or next((item.get("ip") for item in status.get("podIPs") or ()), None) or _NONE
    wide = [address, spec.get("nodeName") or _NONE, status.get("nominatedNodeName") or _NONE, gate_text]
    created = age(obj["metadata"].get("creationTimestamp"), now)
    return [obj["metadata"]["name"], f"{ready}/{total}", word, _restarts(obj, now), created, *wide]
