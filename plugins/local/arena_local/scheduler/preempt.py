"""Making room: pods of lower priority go where that lets a waiting pod in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from arena_local.scheduler import fit
from arena_local.scheduler.taints import disrupt
from arena_local.sdk.bundle import Api, Obj


def victims_on(pod: Obj, info: fit.NodeInfo, infos: Sequence[fit.NodeInfo]) -> list[Obj] | None:
    """Return the fewest, least important pods of the node without which the pod fits, or None."""
    priority = _priority(pod)
    lower = sorted((p for p in info.pods.values() if _priority(p) < priority), key=_priority)
    if not lower:
        return None
    trial = info.copy()
    for victim in lower:
        trial.remove(victim["metadata"]["uid"])
    others = [trial if i is info else i for i in infos]
    if fit.why_not(pod, trial, others):
        return None
    kept = []
    for victim in reversed(lower):  # the most important first: whoever can stay stays
        trial.add(victim)
        if fit.why_not(pod, trial, others):
            trial.remove(victim["metadata"]["uid"])
            kept.append(victim)
    return kept


def make_room(api: Api, pod: Obj, infos: Sequence[fit.NodeInfo], reasons: Mapping[str, Sequence[str]], tell: Callable[[Obj], None]) -> bool:
    """Evict lower priorities for the pod if that helps; ``tell`` says that it waits; returns whether room is being made."""
    if pod["spec"].get("preemptionPolicy") == "Never" or not _priority(pod):
        return False
    best: tuple[list[Obj], fit.NodeInfo] | None = None
    for info in infos:
        if not fit.resolvable(pod, info, reasons.get(info.name, ())):
            continue
        if any("deletionTimestamp" in p["metadata"] and _priority(p) < _priority(pod) for p in info.pods.values()):
            return True  # room is being made already
        found = victims_on(pod, info, infos)
        if found and (best is None or _cost(found) < _cost(best[0])):
            best = (found, info)
    if best is None:
        return False
    for victim in best[0]:
        _evict(api, victim, pod, best[1].name)
    status = {**(pod.get("status") or {}), "nominatedNodeName": best[1].name}
    tell(api.update_status({**pod, "status": status}, manager="kube-scheduler"))
    return True


def _evict(api: Api, victim: Obj, pod: Obj, node: str) -> None:
    text = "default-scheduler: preempting to accommodate a higher priority pod"
    disrupt(api, victim, "PreemptionByScheduler", text, "kube-scheduler")
    message = f"Preempted by pod {pod['metadata']['uid']} on node {node}"
    api.event(victim, "Normal", "Preempted", message, component="default-scheduler", action="Preempting")


def _priority(pod: Obj) -> int:
    return int(pod["spec"].get("priority") or 0)


def _cost(victims: Sequence[Obj]) -> tuple[int, int, int]:
    return max(_priority(v) for v in victims), sum(_priority(v) for v in victims), len(victims)
