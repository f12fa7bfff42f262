"""What could not be read: what is taken in its place, and when too little is known to tell. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from arena_core.contract.foresight import Outlook
from arena_core.k8s import podsize
from arena_local.kueue import amounts, kinds, podsets
from arena_local.kueue.versions import CONVERSIONS
from arena_local.sdk.bundle import Obj

NODE = "unread"
#: Without these nobody can tell what becomes of a job in a queue.
_NEEDED = (kinds.LOCAL_QUEUES, kinds.CLUSTER_QUEUES, kinds.FLAVORS, kinds.WORKLOADS)
_TYPES = ("QuotaReserved", "Admitted")


def too_little(outlook: Outlook, job: Sequence[Obj], queued: bool) -> tuple[str, ...]:
    """Return what is missing to say anything of a job; ``queued`` where it is known that a Workload of it waits."""
    in_queue = queued or any(kinds.queue_name(obj) for obj in job)
    missing = [kind for kind in _NEEDED if kind not in outlook.objects] if in_queue else []
    if missing:
        return (f"the job waits in a queue, and what decides there cannot be read: {', '.join(missing)}",)
    if not in_queue and "nodes" not in outlook.objects:
        return ("the nodes cannot be read, and nothing else decides when the job starts: nodes",)
    return ()


def filled(outlook: Outlook) -> tuple[dict[str, Sequence[Obj]], tuple[str, ...]]:
    """Return the objects with stand-ins for what could not be read, and notes on what that means."""
    objects: dict[str, Sequence[Obj]] = dict(outlook.objects)
    notes: list[str] = []
    if "nodes" not in objects:
        objects["nodes"] = [_node()]
        notes.append("whether there is room on the nodes is not known")
    elif "pods" in outlook.partly or "pods" not in objects:
        notes.append("what pods of other namespaces hold on the nodes is not known")
    if kinds.WORKLOADS in outlook.partly:
        others = list(_others(objects))
        objects[kinds.WORKLOADS] = [*objects[kinds.WORKLOADS], *others]
        if others:
            notes.append("jobs of other namespaces are known by what their queues say they hold, not by when they end")
    return objects, tuple(notes)


def _node() -> Obj:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "uid": NODE}, "spec": {}, "status": {"allocatable": {}}}


def _others(objects: Mapping[str, Sequence[Obj]]) -> Iterator[Obj]:
    """Yield a Workload for each ClusterQueue that holds what of its use is nobody's who can be seen."""
    seen: dict[str, dict[tuple[str, str], int]] = {}
    for workload in map(_settled, objects[kinds.WORKLOADS]):
        holder = str(((workload.get("status") or {}).get("admission") or {}).get("clusterQueue", ""))
        if kinds.reserved(workload) and not kinds.finished(workload):
            podsize.add(seen.setdefault(holder, {}), podsets.usage(workload))  # type: ignore[arg-type]  # keys are pairs here
    for queue in objects.get(kinds.CLUSTER_QUEUES, ()):
        name = str(queue["metadata"]["name"])
        rest = {place: amount - seen.get(name, {}).get(place, 0) for place, amount in _reserved(queue).items()}
        rest = {place: amount for place, amount in rest.items() if amount > 0}
        if rest:
            yield _holder(name, rest)


def _settled(workload: Obj) -> Obj:
    convert = CONVERSIONS[kinds.WORKLOADS]
    return workload if workload.get("apiVersion") == kinds.API_VERSION else convert(workload, kinds.API_VERSION)


def _reserved(queue: Obj) -> dict[tuple[str, str], int]:
    rows = (queue.get("status") or {}).get("flavorsReservation") or ()
    return {(flavor["name"], name): amount for flavor in rows for name, amount in _totals(flavor).items()}


def _totals(flavor: Obj) -> dict[str, int]:
    return podsize.read({row["name"]: row.get("total", "0") for row in flavor.get("resources") or ()})


def _holder(queue: str, held: Mapping[tuple[str, str], int]) -> Obj:
    flavors = sorted({flavor for flavor, _ in held})
    sets = [{"name": f"set-{number}", "count": 1, "template": {"spec": {"containers": []}}} for number in range(len(flavors))]
    assigned = []
    for item, flavor in zip(sets, flavors, strict=True):
        own = {name: amount for (one, name), amount in held.items() if one == flavor}
        row = {"name": item["name"], "count": 1, "flavors": dict.fromkeys(own, flavor), "resourceUsage": amounts.texts(own)}
        assigned.append(row)
    conditions = [
        {"type": kind, "status": "True", "reason": kind, "message": "", "lastTransitionTime": "2020-01-01T00:00:00Z"} for kind in _TYPES
    ]
    name = f"unseen-{queue}"
    meta = {"name": name, "namespace": "unseen", "uid": name, "creationTimestamp": "2020-01-01T00:00:00Z"}
    status = {"admission": {"clusterQueue": queue, "podSetAssignments": assigned}, "conditions": conditions}
    spec = {"queueName": "unseen", "podSets": sets, "active": True}
    return {"apiVersion": kinds.API_VERSION, "kind": "Workload", "metadata": meta, "spec": spec, "status": status}
