"""Gangs as every job type meets them: the PodGroups of Volcano and of the coscheduling plugin, and how pods name theirs. Pure.

Importable by plugins; reading commands use it, so it imports no pydantic.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arena_core.contract.types import Find, Resource
from arena_core.k8s import dig

VOLCANO = Resource("scheduling.volcano.sh", "v1beta1", "PodGroup", "podgroups")
QUEUE = Resource("scheduling.volcano.sh", "v1beta1", "Queue", "queues", namespaced=False)
COSCHEDULING = Resource("scheduling.x-k8s.io", "v1alpha1", "PodGroup", "podgroups")
#: The annotation, and the label, that names a pod's group.
VOLCANO_NAME = "scheduling.k8s.io/group-name"
COSCHEDULING_NAME = "scheduling.x-k8s.io/pod-group"


def is_volcano(scheduler: str) -> bool:
    """Return whether the scheduler speaks Volcano's PodGroups: everything else is taken for one with the coscheduling plugin."""
    return scheduler.startswith("volcano")


def finds(templates: Iterable[Any]) -> list[Find]:
    """Say how to find the PodGroup that pods of these templates name (``--gang``), of Volcano or of the coscheduling plugin; total."""
    known = list(templates)
    places = ((VOLCANO, "annotations", VOLCANO_NAME), (COSCHEDULING, "labels", COSCHEDULING_NAME))
    named = [(resource, [dig.text(t, "metadata", place, key) for t in known]) for resource, place, key in places]
    return [Find(resource, name) for resource, names in named if (name := next((n for n in names if n), ""))]
