"""A gang as one session sees it: the PodGroup, its pods as tasks, and whether they are enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from arena_core.k8s import podsize, quantity
from arena_local.scheduler.fit import requests
from arena_local.sdk.bundle import Obj
from arena_volcano.localcluster import keys
from arena_volcano.localcluster.keys import meta, status_of

ALLOCATED = ("Bound", "Binding", "Running", "Allocated")
SCHEDULED = ("Bound", "Running", "Succeeded", "Failed")
_SKIPPED = ("pods", "count/", "requests.", "limits.")


def task_status(pod: Obj) -> str:
    """Return what a pod is to the scheduler."""
    phase = status_of(pod).get("phase") or "Pending"
    if phase in ("Running", "Pending") and meta(pod).get("deletionTimestamp"):
        return "Releasing"
    if phase == "Pending":
        return "Bound" if pod["spec"].get("nodeName") else "Pending"
    return str(phase)


@dataclass
class Task:
    """One pod. ``node`` is where the session has put it, ``error`` why it fits nowhere."""

    pod: Obj
    status: str
    request: podsize.Amounts
    node: str = ""
    error: str = ""

    @classmethod
    def of(cls, pod: Obj) -> Task:
        """Read a pod."""
        request = {name: value for name, value in requests(pod).items() if value}
        return cls(pod, task_status(pod), request, pod["spec"].get("nodeName", ""))

    @property
    def name(self) -> str:
        """The pod's name."""
        return str(meta(self.pod)["name"])

    @property
    def best_effort(self) -> bool:
        """Whether the pod asks for nothing, so that it needs no room."""
        return not self.request

    @property
    def role(self) -> str:
        """The task of the job that the pod belongs to."""
        return str((meta(self.pod).get("annotations") or {}).get(keys.TASK_SPEC, ""))

    @property
    def order(self) -> tuple[int, str, str]:
        """High priority first, then age, then name."""
        return (-int(self.pod["spec"].get("priority", 0)), meta(self.pod).get("creationTimestamp", ""), self.name)


@dataclass
class Gang:
    """A PodGroup and its tasks. ``phase`` and ``conditions`` are changed by the session and written at its end."""

    group: Obj
    tasks: list[Task] = field(default_factory=list)
    phase: str = ""
    priority: int = 0

    def __post_init__(self) -> None:
        self.phase = str(status_of(self.group).get("phase", ""))

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return (meta(self.group)["namespace"], meta(self.group)["name"])

    @property
    def least(self) -> int:
        """How many pods make the gang complete."""
        return int(self.group["spec"].get("minMember") or 0)

    @property
    def queue(self) -> str:
        """The queue that the gang is in."""
        return str(self.group["spec"].get("queue") or keys.DEFAULT_QUEUE)

    @property
    def waiting(self) -> bool:
        """Whether the gang has not been let in."""
        return self.phase in ("", "Pending")

    @property
    def order(self) -> tuple[int, str, tuple[str, str]]:
        """High priority first, then age."""
        return (-self.priority, meta(self.group).get("creationTimestamp", ""), self.key)

    def needs(self) -> podsize.Amounts | None:
        """Return the resources of ``minResources`` that nodes have, or None where nothing is said."""
        listed: Mapping[str, Any] | None = self.group["spec"].get("minResources")
        if listed is None:
            return None
        return {name: quantity.parse(value) for name, value in listed.items() if not name.startswith(_SKIPPED)}

    def count(self, *statuses: str) -> int:
        """Return how many tasks are in one of these states."""
        return sum(1 for task in self.tasks if task.status in statuses)

    def having(self, *statuses: str) -> list[Task]:
        """Return the tasks in one of these states, in order."""
        return sorted((task for task in self.tasks if task.status in statuses), key=lambda task: task.order)

    def ready_number(self) -> int:
        """Return how many tasks have a place or have done their work."""
        return self.count(*ALLOCATED, "Succeeded")

    def _counts(self, task: Task) -> bool:
        # a pod that asks for nothing will always find room, so it counts while it waits
        return task.status in (*ALLOCATED, "Succeeded") or (task.status == "Pending" and task.best_effort)

    def ready(self) -> bool:
        """Return whether enough tasks have a place."""
        return self._enough(task for task in self.tasks if self._counts(task))

    def valid(self) -> bool:
        """Return whether there are enough tasks at all."""
        return self._enough(task for task in self.tasks if task.status in (*ALLOCATED, "Succeeded", "Pending"))

    def _enough(self, tasks: Iterable[Task]) -> bool:
        roles = Counter(task.role for task in tasks)
        if sum(roles.values()) < self.least:
            return False
        wanted: Mapping[str, int] = self.group["spec"].get("minTaskMember") or {}
        if self.least < sum(wanted.values()):
            return True
        return all(roles[role] >= number for role, number in wanted.items())


def short_of(wanted: podsize.Amounts, room: podsize.Amounts, names: Iterable[str]) -> list[str]:
    """Return the resources among ``names`` of which more is wanted than there is room."""
    short = [name for name in names if wanted.get(name, 0) > room.get(name, 0)]
    return sorted(short, key=lambda name: (name not in ("cpu", "memory"), name))
