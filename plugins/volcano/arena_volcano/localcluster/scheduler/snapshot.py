"""What a session starts from: nodes with their room, gangs with their tasks, queues with their share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from arena_core.k8s import podsize
from arena_core.k8s.podsize import Amounts, add
from arena_local.scheduler import fit
from arena_local.scheduler.claims import claim_problem
from arena_local.scheduler.fit import NodeInfo
from arena_local.sdk.bundle import Api
from arena_volcano.localcluster import keys
from arena_volcano.localcluster.keys import meta
from arena_volcano.localcluster.scheduler.gang import ALLOCATED, Gang, Task


@dataclass
class QueueShare:
    """A queue in one session."""

    name: str
    weight: int
    capability: Amounts
    allocated: Amounts = field(default_factory=dict)
    request: Amounts = field(default_factory=dict)
    inqueue: Amounts = field(default_factory=dict)
    deserved: Amounts = field(default_factory=dict)


@dataclass
class Snapshot:
    """The cluster at the beginning of a session."""

    nodes: dict[str, NodeInfo]
    gangs: list[Gang]
    queues: dict[str, QueueShare]
    total: Amounts
    #: Says what is wrong with a pod's claims, or nothing.
    claims: Callable[[Any], str] = lambda pod: ""


def take(api: Api) -> Snapshot:
    """Read the cluster."""
    pods = api.list("pods")
    nodes = {info.name: info for info in fit.snapshot(api.list("nodes"), pods)}
    total: Amounts = {}
    for info in nodes.values():
        add(total, info.allocatable)
    gangs = _gangs(api, pods)
    queues = _queues(api, gangs, total)
    return Snapshot(nodes, gangs, queues, total, lambda pod: claim_problem(api, pod))


def _gangs(api: Api, pods: Any) -> list[Gang]:
    by_group: dict[tuple[str, str], list[Task]] = defaultdict(list)
    for pod in pods:
        group = (meta(pod).get("annotations") or {}).get(keys.GROUP_NAME)
        if group and (pod["spec"].get("schedulerName") == keys.SCHEDULER or pod["spec"].get("nodeName")):  # whoever has bound it
            by_group[(meta(pod)["namespace"], group)].append(Task.of(pod))
    gangs = []
    for group in api.list(keys.POD_GROUPS):
        if meta(group).get("deletionTimestamp"):
            continue
        gang = Gang(group, by_group.get((meta(group)["namespace"], meta(group)["name"]), []))
        named = group["spec"].get("priorityClassName")
        found = api.find("priorityclasses.scheduling.k8s.io", "", named) if named else None
        gang.priority = int(found.get("value", 0)) if found else 0
        gangs.append(gang)
    return sorted(gangs, key=lambda gang: gang.order)


def _queues(api: Api, gangs: list[Gang], total: Amounts) -> dict[str, QueueShare]:
    shares = {}
    for queue in api.list(keys.QUEUES):
        spec = queue.get("spec") or {}
        limits = podsize.read(spec.get("capability"))
        room = {name: min(value, limits.get(name, value)) for name, value in total.items()}
        room.update({name: value for name, value in limits.items() if name not in total})
        shares[meta(queue)["name"]] = QueueShare(meta(queue)["name"], int(spec.get("weight") or 1), room)
    for gang in gangs:
        share = shares.get(gang.queue)
        if share is not None:
            _account(share, gang)
    _share_out([share for share in shares.values() if share.request], total)
    return shares


def _account(share: QueueShare, gang: Gang) -> None:
    for task in gang.tasks:
        if task.status in ALLOCATED:
            add(share.allocated, task.request)
        if task.status in (*ALLOCATED, "Pending"):
            add(share.request, task.request)
    if gang.phase in ("Inqueue", "Running", "Unknown"):
        # what has been promised to the gang and not been taken yet
        taken: Amounts = {}
        for task in gang.tasks:
            if task.status in ALLOCATED:
                add(taken, task.request)
        for name, value in (gang.needs() or {}).items():
            rest = value - taken.get(name, 0)
            if rest > 0 and gang.phase == "Inqueue":
                share.inqueue[name] = share.inqueue.get(name, 0) + rest


def _share_out(shares: list[QueueShare], total: Amounts) -> None:
    """Share each resource by weight; what a queue does not want goes to the others."""
    for name, amount in total.items():
        left, open_ = amount, [share for share in shares if share.request.get(name)]
        while left > 0 and open_:
            weight = sum(share.weight for share in open_)
            portion, rest = left, []
            for share in open_:
                want = min(share.request[name], share.capability.get(name, 0)) - share.deserved.get(name, 0)
                given = min(want, -(-portion * share.weight // weight))
                share.deserved[name] = share.deserved.get(name, 0) + given
                left -= given
                if given < want:
                    rest.append(share)
            if len(rest) == len(open_):
                break
            open_ = rest
