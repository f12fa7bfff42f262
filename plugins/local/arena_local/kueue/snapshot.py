"""All queues, cohorts and admitted Workloads at one moment, to try things out on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from arena_local.kueue import kinds, podsets
from arena_local.kueue.quota import Node, Usage, limits
from arena_local.sdk.bundle import Api, Obj


@dataclass(frozen=True)
class Holder:
    """A Workload that holds quota."""

    workload: Obj
    queue: Queue
    usage: Usage


@dataclass
class Queue:
    """A ClusterQueue with its place in the tree and those that hold its quota."""

    obj: Obj
    node: Node
    holders: dict[str, Holder] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the ClusterQueue's name."""
        return self.node.name

    def policy(self, name: str) -> str:
        """Return one of ``spec.preemption``'s policies."""
        return str((self.obj["spec"].get("preemption") or {}).get(name) or "Never")

    def hold(self, workload: Obj) -> None:
        """Count a Workload as one that holds quota of the queue."""
        holder = Holder(workload, self, podsets.usage(workload))
        self.holders[workload["metadata"]["uid"]] = holder
        self.node.take(holder.usage)


class Snapshot:
    """The queues by name, and the cohorts' nodes."""

    def __init__(self, cluster_queues: Sequence[Obj], cohorts: Sequence[Obj] = (), workloads: Sequence[Obj] = ()) -> None:
        self.queues = {item["metadata"]["name"]: Queue(item, Node(item["metadata"]["name"], limits(item))) for item in cluster_queues}
        self.cohorts: dict[str, Node] = {item["metadata"]["name"]: Node(item["metadata"]["name"], limits(item)) for item in cohorts}
        for item in cohorts:
            self._join(self.cohorts[item["metadata"]["name"]], str((item.get("spec") or {}).get("parentName") or ""))
        for queue in self.queues.values():
            self._join(queue.node, str(queue.obj["spec"].get("cohortName") or ""), leaf=True)
        for workload in workloads:
            status = workload.get("status") or {}
            found = self.queues.get((status.get("admission") or {}).get("clusterQueue") or "")
            if found is not None and kinds.reserved(workload) and not kinds.finished(workload):
                found.hold(workload)

    def _join(self, node: Node, parent: str, *, leaf: bool = False) -> None:
        if not parent:
            return
        above = self.cohorts.setdefault(parent, Node(parent, {}))
        if node in (above, *above.above()):
            return  # Cohorts in a circle: the link that closes it does not count.
        node.parent = above
        (above.queues if leaf else above.cohorts).append(node)

    def tree(self, queue: Queue) -> list[Queue]:
        """Return the queues that share quota with one, itself among them."""
        root = queue.node.root()
        return [item for item in self.queues.values() if item.node.root() is root]


def take(api: Api) -> Snapshot:
    """Return how things are now."""
    return Snapshot(api.list(kinds.CLUSTER_QUEUES), api.list(kinds.COHORTS), api.list(kinds.WORKLOADS))


def cohort_objects(snapshot: Snapshot, objects: Sequence[Obj]) -> Mapping[Node, list[Obj]]:
    """Return the Cohort objects of each tree, by its root."""
    found: dict[Node, list[Obj]] = {}
    for item in objects:
        node = snapshot.cohorts.get(item["metadata"]["name"])
        if node is not None:
            found.setdefault(node.root(), []).append(item)
    return found
