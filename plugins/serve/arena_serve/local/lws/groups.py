"""The groups of a LeaderWorkerSet as they are now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from arena_local.sdk import pods as podlib
from arena_local.sdk.bundle import Obj
from arena_serve.distributed.names import GROUP, INDEX, REVISION


@dataclass
class Group:
    """One leader and its workers, by index."""

    number: int
    pods: dict[int, Obj] = field(default_factory=dict)

    @property
    def leader(self) -> Obj | None:
        """Its leader, also while that is ending."""
        return self.pods.get(0)

    @property
    def revision(self) -> str:
        """The hash that it was made with."""
        return str(self.leader["metadata"]["labels"].get(REVISION, "")) if self.leader else ""

    @property
    def ending(self) -> bool:
        """Whether it is being ended as a whole, or what is left of it has no leader."""
        return self.leader is None or podlib.terminating(self.leader)

    def ready(self, size: int) -> bool:
        """Whether the leader and all workers are ready."""
        return not self.ending and len(self.pods) == size and all(podlib.ready(pod) for pod in self.pods.values())

    def broken(self, policy: str) -> bool:
        """Whether one of its pods was started again or is ending alone, so that the whole group is to be made anew."""
        if self.ending or policy == "None":
            return False
        if policy == "RecreateGroupAfterStart" and any(podlib.phase(pod) == "Pending" for pod in self.pods.values()):
            return False
        return any(_restarted(pod) or podlib.finished(pod) or podlib.terminating(pod) for pod in self.pods.values())


def _restarted(pod: Obj) -> bool:
    status = pod.get("status") or {}
    rows = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    return any(int(row.get("restartCount", 0)) > 0 for row in rows)


def groups_of(pods: Iterable[Obj]) -> dict[int, Group]:
    """Return the groups by number."""
    found: dict[int, Group] = {}
    for pod in pods:
        labels = pod["metadata"].get("labels") or {}
        group, index = labels.get(GROUP, ""), labels.get(INDEX, "")
        if group.isdecimal() and index.isdecimal():
            found.setdefault(int(group), Group(int(group))).pods[int(index)] = pod
    return found
