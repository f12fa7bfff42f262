"""The pod templates inside a job's object."""

from __future__ import annotations

import re

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import JobHandle, Manifest
from arena_core.typed import Any


def at_path(obj: Any, path: str) -> Any:
    """Return what lies at a path with dots and indices (``spec.tasks[0].template``), or None."""
    for part in re.findall(r"[^.\[\]]+", path):
        if isinstance(obj, list):
            obj = obj[int(part)] if part.isdigit() and int(part) < len(obj) else None
        elif isinstance(obj, dict):
            obj = obj.get(part)
        else:
            return None
    return obj


def own_init_containers(handle: JobHandle, job: Manifest) -> frozenset[str]:
    """Return the names of the init containers that the job itself declares; others were put into the pods by an operator."""
    names: set[str] = set()
    try:
        pod_sets = handle.pod_sets(job)
    except ArenaError:
        return frozenset()
    for pod_set in pod_sets:
        template = at_path(job, pod_set.path)
        rows = at_path(template, "spec.initContainers") if isinstance(template, dict) else None
        names |= {str(row.get("name")) for row in rows or [] if isinstance(row, dict)}
    return frozenset(names)


def is_foreign_init(pod: Manifest, container: str, own: frozenset[str]) -> bool:
    """Whether the container is an init container that the job does not declare: its log is the operator's business."""
    rows = (pod.get("spec") or {}).get("initContainers") or []
    return container not in own and any(row.get("name") == container for row in rows)
