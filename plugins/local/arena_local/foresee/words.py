"""What controllers and schedulers say of a job that does not run, and who stands before it."""

from __future__ import annotations

from arena_core.k8s import conditions, owners
from arena_local.foresee.units import GANGS, Unit, key_of
from arena_local.foresee.world import PODS, World
from arena_local.kueue import kinds
from arena_local.kueue.preempt import priority
from arena_local.sdk.bundle import Obj

_NODES_OWN = frozenset({"DaemonSet", "Node"})
_FAILED = ("FailedCreate", "FailedCreatePod", "FailedCreatePods")


def of_node(pod: Obj) -> bool:
    """Whether a pod belongs to its node: a DaemonSet's, or a static one."""
    owner = owners.controller_of(pod)
    return owner is not None and owner.get("kind") in _NODES_OWN


def own_workload(world: World) -> Obj | None:
    """Return the Workload of the job that was submitted."""
    if world.target is not None:
        return world.api.find(kinds.WORKLOADS, *world.target.workload) if world.target.workload else None
    known = {unit.workload for unit in world.units.by_key.values()}
    found = (workload for workload in world.api.list(kinds.WORKLOADS) if key_of(workload) not in known)
    return next(iter(found), None)


def reasons(world: World) -> tuple[str, ...]:
    """Return why the submitted job does not run, in the words of who decides."""
    found: dict[str, None] = {}
    workload = own_workload(world)
    if workload is not None and not kinds.admitted(workload):
        if message := (conditions.find(workload, "QuotaReserved") or {}).get("message"):
            found[str(message)] = None
        return tuple(found)
    known = {unit.gang for unit in world.units.by_key.values() if unit is not world.target}
    for gang in world.api.list(GANGS):
        message = (conditions.find(gang, "Unschedulable") or {}).get("message")
        if message and key_of(gang) not in known:
            found[str(message)] = None
    for key in sorted(world.own if world.target is None else world.target.pods):
        pod = world.api.find(PODS, *key)
        if pod is not None and not pod["spec"].get("nodeName"):
            condition = conditions.find(pod, "PodScheduled") or {}
            if message := condition.get("message"):
                found[str(message)] = None
    names = {name for _, name in filter(None, known)}
    for told in world.api.told if not found else ():
        if told.reason in _FAILED or (told.kind == "PodGroup" and told.reason == "Unschedulable" and told.name not in names):
            found[told.message] = None
    return tuple(found)


def ahead(world: World) -> list[Unit]:
    """Return the jobs that wait and would be looked at first: of the same queue, of higher priority or older."""
    mine = own_workload(world)
    waiting = world.waiting()
    if mine is None:
        return [unit for unit in waiting if unit.workload is None]
    mark, found = _rank(mine), []
    for unit in waiting:
        workload = world.api.find(kinds.WORKLOADS, *unit.workload) if unit.workload else None
        if workload is not None and _queue(world, workload) == _queue(world, mine) and _rank(workload) <= mark:
            found.append((_rank(workload), unit))
    return [unit for _, unit in sorted(found, key=lambda one: one[0])]


def _queue(world: World, workload: Obj) -> str:
    local = world.api.find(kinds.LOCAL_QUEUES, workload["metadata"]["namespace"], workload["spec"].get("queueName") or "-")
    return str(local["spec"].get("clusterQueue", "")) if local else ""


def _rank(workload: Obj) -> tuple[int, str]:
    return -priority(workload), str(workload["metadata"].get("creationTimestamp", ""))
