"""Workloads that did not fit rest until quota is set free, or the configuration changes, somewhere in their tree of cohorts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from arena_core.k8s import conditions
from arena_local.kueue import queues
from arena_local.kueue.quota import Node, Usage
from arena_local.kueue.snapshot import Queue, Snapshot, cohort_objects
from arena_local.sdk.bundle import Obj

_Seen = tuple[object, ...]


class Parking:
    """Remembers from pass to pass who was looked at, and under what."""

    def __init__(self) -> None:
        self._parked: dict[str, _Seen] = {}
        self._before: dict[str, Usage] = {}
        #: How often quota was set free, by root of the tree.
        self._freed: dict[str, int] = {}
        self._where: Mapping[str, set[str]] = {}
        self._rounds: dict[Node, _Seen] = {}

    def begin(self, now: Snapshot, flavors: Mapping[str, Obj], cohorts: Sequence[Obj], waiting: Collection[str]) -> None:
        """Look at what has changed since the last pass."""
        trees: dict[Node, list[Queue]] = {}
        for queue in now.queues.values():
            trees.setdefault(queue.node.root(), []).append(queue)
        above = cohort_objects(now, cohorts)
        held = {uid: holder for queue in now.queues.values() for uid, holder in queue.holders.items()}
        roots = {root.path(): {uid for queue in found for uid in queue.holders} for root, found in trees.items()}
        gone = {uid for uid, use in self._before.items() if uid not in held or held[uid].usage != use}
        for path, uids in roots.items():
            # One that has gone is no more seen in a tree: it counts in the one where it was.
            self._freed[path] = self._freed.get(path, 0) + bool(gone & (uids | self._where.get(path, set())))
        self._where = roots
        self._parked = {uid: seen for uid, seen in self._parked.items() if uid in waiting}
        self._before = {uid: holder.usage for uid, holder in held.items()}
        self._rounds = {root: self._round(root, found, above.get(root, ()), flavors) for root, found in trees.items()}

    def _round(self, root: Node, found: Sequence[Queue], cohorts: Sequence[Obj], flavors: Mapping[str, Obj]) -> _Seen:
        generations = sorted((item["metadata"]["name"], item["metadata"].get("generation", 1)) for item in cohorts)
        own = sorted((queue.name, queue.obj["metadata"].get("generation", 1)) for queue in found)
        names = {name for queue in found for name in queues.flavor_names(queue.obj)}
        versions = sorted((name, str(flavors[name]["metadata"].get("resourceVersion"))) for name in names if name in flavors)
        return (tuple(generations), tuple(own), tuple(versions), self._freed.get(root.path(), 0))

    def _seen(self, queue: Queue, workload: Obj) -> _Seen:
        again = (conditions.find(workload, "Requeued") or {}).get("lastTransitionTime")
        return (self._rounds.get(queue.node.root()), queue.name, workload["metadata"].get("generation"), again)

    def rests(self, queue: Queue, workload: Obj) -> bool:
        """Return whether nothing has changed for the Workload since it did not fit."""
        return self._parked.get(workload["metadata"]["uid"]) == self._seen(queue, workload)

    def park(self, queue: Queue, workload: Obj) -> None:
        """Let the Workload rest."""
        self._parked[workload["metadata"]["uid"]] = self._seen(queue, workload)
