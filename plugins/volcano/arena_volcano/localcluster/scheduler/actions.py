"""The three actions: enqueue lets gangs in, allocate places pods that ask for something, backfill those that ask for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from arena_core.k8s.podsize import Amounts, add
from arena_local.scheduler.fit import NodeInfo, why_not
from arena_volcano.localcluster.keys import meta
from arena_volcano.localcluster.scheduler.gang import Gang, Task, short_of
from arena_volcano.localcluster.scheduler.snapshot import QueueShare, Snapshot

#: Per cent: more than the cluster has may wait inside it, so that the next job starts without a pause.
OVERCOMMIT = 120
#: Told of each refusal: the gang and the reason.
Tell = Callable[[Gang, str], None]


def enqueue(world: Snapshot, tell: Tell) -> None:
    """Let in the gangs for which there is room in the cluster and in their queue."""
    used: Amounts = {}
    for info in world.nodes.values():
        add(used, info.used)
    idle = {name: value * OVERCOMMIT // 100 - used.get(name, 0) for name, value in world.total.items()}
    inqueue: Amounts = {}
    for share in world.queues.values():
        add(inqueue, share.inqueue)
    for gang in world.gangs:
        if gang.waiting and gang.queue in world.queues:
            reason = _refusal(gang, idle, inqueue, world.queues[gang.queue])
            gang.phase = "Pending" if reason else "Inqueue"
            if reason:
                tell(gang, reason)


def _refusal(gang: Gang, idle: Amounts, inqueue: Amounts, share: QueueShare) -> str:
    needs = gang.needs()
    if needs is None:
        return ""
    wanted = dict(inqueue)
    add(wanted, needs)
    over = short_of(wanted, idle, needs)
    if over:
        return "resource in cluster is overused: " + ", ".join(f"overused {name}" for name in over)
    wanted = dict(needs)
    add(wanted, share.allocated)
    add(wanted, share.inqueue)
    lacking = short_of(wanted, share.capability, needs)
    if lacking:
        return "queue resource quota insufficient: " + ", ".join(f"insufficient {name}" for name in lacking)
    add(inqueue, needs)
    add(share.inqueue, needs)
    return ""


def allocate(world: Snapshot, bind: Callable[[Task], bool]) -> None:
    """Place the pods of each gang; they are bound when the gang is ready, else the places are only remembered for the report."""
    for gang in world.gangs:
        if gang.waiting or not gang.valid() or gang.queue not in world.queues:
            continue
        share = world.queues[gang.queue]
        placed: list[Task] = []
        failed: set[str] = set()
        for task in [t for t in gang.having("Pending") if not t.best_effort]:
            if task.role in failed or not _deserves(share, task):
                continue
            if not _place(world, task):
                failed.add(task.role)
                if gang.least == len(gang.tasks):
                    break
                continue
            add(share.allocated, task.request)
            placed.append(task)
        if gang.ready():
            _commit(placed, bind)
        else:
            _discard(world, share, placed)


def _deserves(share: QueueShare, task: Task) -> bool:
    wanted = dict(task.request)
    add(wanted, share.allocated)
    return not short_of(wanted, share.deserved, task.request)


def _place(world: Snapshot, task: Task) -> bool:
    """Put a task on the fullest node that it fits, as binpack does; without one, note why."""
    reasons: Counter[str] = Counter()
    everywhere = list(world.nodes.values())
    if problem := world.claims(task.pod).removesuffix(". not found"):
        text = f"{len(everywhere)} plugin VolumeZone pre-predicates failed {problem}"
        task.error = f"0/{len(everywhere)} nodes are unavailable: {text}."
        return False
    fitting = []
    for info in everywhere:
        why = why_not(task.pod, info, everywhere)
        reasons.update(set(why))
        if not why:
            fitting.append(info)
    if not fitting:
        text = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
        task.error = f"0/{len(everywhere)} nodes are unavailable: {text}."
        return False
    info = min(fitting, key=lambda candidate: _left(candidate, task))
    task.node, task.status = info.name, "Allocated"
    info.add(task.pod)
    return True


def _left(info: NodeInfo, task: Task) -> tuple[int, int, str]:
    """Return how much a node has left of the devices that the task asks for, then of its processors."""
    devices = sum(info.free(name) for name in task.request if "/" in name)
    return (devices, -info.free("cpu"), info.name)


def _commit(placed: list[Task], bind: Callable[[Task], bool]) -> None:
    for task in placed:
        task.status = "Binding" if bind(task) else "Pending"


def _discard(world: Snapshot, share: QueueShare, placed: list[Task]) -> None:
    for task in placed:
        back = {name: -value for name, value in task.request.items()}
        add(share.allocated, back)
        world.nodes[task.node].remove(meta(task.pod)["uid"])
        task.status = "Pending"


def backfill(world: Snapshot, bind: Callable[[Task], bool]) -> None:
    """Place the pods that ask for nothing."""
    for gang in world.gangs:
        if gang.waiting or not gang.valid():
            continue
        placed = [task for task in gang.having("Pending") if task.best_effort and _place(world, task)]
        if gang.ready():
            _commit(placed, bind)
        else:
            for task in placed:
                world.nodes[task.node].remove(meta(task.pod)["uid"])
                task.status = "Pending"
