"""All or nothing for pod groups of the coscheduling plugin (scheduling.x-k8s.io)."""

from __future__ import annotations

from collections.abc import Sequence

from arena_local.scheduler import fit
from arena_local.sdk.bundle import Api, Obj

GROUPS = "podgroups.scheduling.x-k8s.io"
#: A pod and the node it goes to.
Placement = tuple[Obj, str]
LABELS = ("scheduling.x-k8s.io/pod-group", "pod-group.scheduling.sigs.k8s.io")


def group_of(pod: Obj) -> str:
    """Return the name of the pod's group, or an empty text."""
    labels = pod["metadata"].get("labels") or {}
    return next((str(labels[k]) for k in LABELS if labels.get(k)), "")


def members(api: Api, namespace: str, group: str) -> list[Obj]:
    """Return the pods of a group that have not ended."""
    return [p for p in api.list("pods", namespace) if group_of(p) == group and not fit.finished(p)]


def min_member(api: Api, namespace: str, group: str) -> int | None:
    """Return how many pods must start together, or None where the group does not exist."""
    found = api.find(GROUPS, namespace, group)
    return int((found.get("spec") or {}).get("minMember", 1)) if found else None


def place(
    waiting: Sequence[Obj], needed: int, infos: Sequence[fit.NodeInfo]
) -> tuple[list[tuple[Obj, str]], Obj | None, dict[str, list[str]]]:
    """Find a node for at least ``needed`` of the pods; returns placements, or the first pod that did not fit with its reasons."""
    trial = [info.copy() for info in infos]
    found: list[Placement] = []
    failed: Obj | None = None
    reasons: fit.Reasons = {}
    for pod in waiting:
        info, why = fit.choose(pod, trial)
        if info is None:
            if failed is None:
                failed, reasons = pod, why
            continue
        info.add(pod)
        found.append((pod, info.name))
    if len(found) < needed:
        return [], failed, reasons
    return found, None, {}
