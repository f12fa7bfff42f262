"""A pod, or a group of pods, that is queued as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arena_local.kueue import podlabels
from arena_local.sdk import pods as podlib
from arena_local.sdk.bundle import Obj

MAIN = "main"


def lost(pod: Obj) -> bool:
    """Return whether the pod has failed, or was deleted before it was placed."""
    return podlib.phase(pod) == "Failed" or (podlib.terminating(pod) and not pod["spec"].get("nodeName"))


def succeeded(pod: Obj) -> bool:
    """Return whether the pod has ended well."""
    return podlib.phase(pod) == "Succeeded"


@dataclass(frozen=True)
class Unit:
    """Pods in the order in which they were made; ``group`` is the group's name, or "" of a pod of its own."""

    pods: Sequence[Obj]
    group: str = ""

    @property
    def first(self) -> Obj:
        """Return the pod that events and settings are read from."""
        return self.pods[0]

    @property
    def total(self) -> int:
        """Return how many pods there should be."""
        return podlabels.total(self.first) if self.group else 1

    @property
    def runnable(self) -> list[Obj]:
        """Return the pods that count: neither lost nor on their way out."""
        return [pod for pod in self.pods if not lost(pod) and not podlib.terminating(pod)]

    @property
    def active(self) -> list[Obj]:
        """Return the pods that have not ended."""
        return [pod for pod in self.runnable if not podlib.finished(pod)]

    @property
    def complete(self) -> bool:
        """Return whether enough pods are there to be queued."""
        enough = len(self.runnable) >= self.total
        return enough or (bool(self.runnable) and podlabels.annotation(self.first, podlabels.FAST) == "true")

    @property
    def leaving(self) -> bool:
        """Return whether all pods are being deleted."""
        return all(podlib.terminating(pod) for pod in self.pods)

    def role(self, pod: Obj) -> str:
        """Return the pod set that the pod belongs to."""
        return (podlabels.annotation(pod, podlabels.ROLE_HASH) or podlabels.role_hash(pod)) if self.group else MAIN

    def pod_sets(self) -> list[Obj]:
        """Return ``spec.podSets`` of the Workload: one for each role."""
        roles: dict[str, list[Obj]] = {}
        for pod in self.runnable[: self.total] if self.group else self.pods:
            roles.setdefault(self.role(pod), []).append(pod)
        short = self.total - sum(len(found) for found in roles.values())
        return [
            {
                "name": name,
                "count": len(found) + (short if index == 0 else 0),
                "template": {"metadata": {}, "spec": found[0]["spec"]},
                "topologyRequest": {"podIndexLabel": podlabels.INDEX},
            }
            for index, (name, found) in enumerate(sorted(roles.items()))
        ]

    def ready(self) -> bool:
        """Return whether all pods are ready."""
        counted = [pod for pod in self.pods if not lost(pod)]
        return len(counted) >= self.total and all(podlib.ready(pod) for pod in counted)

    def finished(self) -> tuple[str, bool] | None:
        """Return (message, succeeded) of a unit that has ended."""
        if not self.group:
            phase = podlib.phase(self.first)
            return (str((self.first.get("status") or {}).get("message", "")), phase == "Succeeded") if podlib.finished(self.first) else None
        good = len([pod for pod in self.pods if succeeded(pod)])
        once = any(podlabels.annotation(pod, podlabels.RETRIABLE) == "false" for pod in self.pods)
        if good >= self.total or (once and not self.active and len(self.pods) >= self.total):
            return f"Pods succeeded: {good}/{self.total}.", True
        return None

    def reclaimable(self) -> list[Obj]:
        """Return how many pods of each role need no quota any more."""
        counts: dict[str, int] = {}
        for pod in self.pods if self.group else ():
            if succeeded(pod):
                counts[self.role(pod)] = counts.get(self.role(pod), 0) + 1
        return [{"name": name, "count": count} for name, count in sorted(counts.items())]

    def replaced(self) -> list[Obj]:
        """Return the lost pods for which others have come."""
        held = [pod for pod in self.pods if podlabels.MANAGED in (pod["metadata"].get("finalizers") or ())]
        return [pod for pod in held if lost(pod)][: max(0, len(held) - self.total)]

    def surplus(self) -> list[Obj]:
        """Return the pods that are one too many, the youngest."""
        over = len(self.runnable) - self.total
        return list(reversed(self.active))[:over] if self.group and over > 0 else []

    def short(self) -> bool:
        """Return whether lost pods are not replaced yet."""
        return any(lost(pod) for pod in self.pods) and len(self.runnable) < self.total
