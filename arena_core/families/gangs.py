"""Gangs as every job type meets them: the PodGroups of Volcano and of the coscheduling plugin, and how pods name theirs. Pure.

Importable by plugins; reading commands use it, so it imports no pydantic.
"""

from __future__ import annotations

from arena_core.contract.types import Resource

VOLCANO = Resource("scheduling.volcano.sh", "v1beta1", "PodGroup", "podgroups")
QUEUE = Resource("scheduling.volcano.sh", "v1beta1", "Queue", "queues", namespaced=False)
COSCHEDULING = Resource("scheduling.x-k8s.io", "v1alpha1", "PodGroup", "podgroups")
#: The annotation, and the label, that names a pod's group.
VOLCANO_NAME = "scheduling.k8s.io/group-name"
COSCHEDULING_NAME = "scheduling.x-k8s.io/pod-group"


def is_volcano(scheduler: str) -> bool:
    """Return whether the scheduler speaks Volcano's PodGroups: everything else is taken for one with the coscheduling plugin."""
    return scheduler.startswith("volcano")
