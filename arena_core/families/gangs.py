"""Gangs as every job type meets them: the PodGroups of Volcano and of the coscheduling plugin, and how pods name theirs. Pure.

``--scheduler`` decides: ``volcano`` (or a name that begins so) means Volcano's PodGroup, everything else the one of
scheduler-plugins. The labels that Arena writes are kept beside it for the schedulers that know those alone.

Importable by plugins; reading commands use it, so it imports no pydantic.
"""

from __future__ import annotations

from collections.abc import Iterable

from arena_core.contract.types import Find, Manifest
from arena_core.families import schedulers
from arena_core.k8s import dig
from arena_core.typed import Any

VOLCANO, QUEUE, COSCHEDULING = schedulers.VOLCANO_GROUP, schedulers.VOLCANO_QUEUE, schedulers.COSCHEDULING_GROUP
VOLCANO_NAME, COSCHEDULING_NAME = schedulers.VOLCANO_NAME, schedulers.COSCHEDULING_NAME
is_volcano = schedulers.is_volcano
ARENA_GROUP_NAME = "pod-group.scheduling.sigs.k8s.io/name"
ARENA_MIN_AVAILABLE = "pod-group.scheduling.sigs.k8s.io/min-available"
KUBE_QUEUE_SUSPEND = "scheduling.x-k8s.io/suspend"


def finds(templates: Iterable[Any]) -> list[Find]:
    """Say how to find the PodGroup that pods of these templates name (``--gang``), of Volcano or of the coscheduling plugin; total."""
    known = list(templates)
    places = ((VOLCANO, "annotations", VOLCANO_NAME), (COSCHEDULING, "labels", COSCHEDULING_NAME))
    named = [(resource, [dig.text(t, "metadata", place, key) for t in known]) for resource, place, key in places]
    return [Find(resource, name) for resource, names in named if (name := next((n for n in names if n), ""))]


def pod_group_name(app: str, name: str) -> str:
    """Return the PodGroup's name: the job type and the job, as Arena names it."""
    return f"{app}-{name}"


def gang_labels(scheduler: str, app: str, name: str, min_member: int) -> dict[str, str]:
    """Return the labels with which pods name their gang."""
    group = pod_group_name(app, name)
    labels = {ARENA_GROUP_NAME: group, ARENA_MIN_AVAILABLE: str(min_member)}
    return labels if schedulers.is_volcano(scheduler) else {**labels, schedulers.COSCHEDULING_NAME: group}


def gang_annotations(scheduler: str, app: str, name: str) -> dict[str, str]:
    """Return the annotations with which pods name their gang."""
    return {schedulers.VOLCANO_NAME: pod_group_name(app, name)} if schedulers.is_volcano(scheduler) else {}


def pod_group(
    scheduler: str, app: str, name: str, min_member: int, *, labels: dict[str, str] | None = None, priority: str = "", queue: str = ""
) -> Manifest:
    """Return the PodGroup that holds all pods back until ``min_member`` of them fit.

    >>> pod_group("volcano", "pytorchjob", "x", 4)["apiVersion"]
    'scheduling.volcano.sh/v1beta1'
    """
    volcano = schedulers.is_volcano(scheduler)
    resource = schedulers.VOLCANO_GROUP if volcano else schedulers.COSCHEDULING_GROUP
    spec: dict[str, object] = {"minMember": min_member}
    if volcano and priority:
        spec["priorityClassName"] = priority
    if volcano and queue:
        spec["queue"] = queue
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": pod_group_name(app, name), "labels": dict(labels or {})},
        "spec": spec,
    }
