"""What controllers ask of pods: phase, readiness, exit codes; and the pod that a template describes."""

from __future__ import annotations

from collections.abc import Iterable

from arena_core.k8s import conditions
from arena_core.k8s.copies import clone
from arena_local.sdk.bundle import Obj


def phase(pod: Obj) -> str:
    """Return ``status.phase``."""
    return str((pod.get("status") or {}).get("phase", ""))


def terminating(pod: Obj) -> bool:
    """Return whether the pod is being deleted."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def finished(pod: Obj) -> bool:
    """Return whether the pod has ended."""
    return phase(pod) in ("Succeeded", "Failed")


def active(pod: Obj) -> bool:
    """Return whether the pod counts as active: not ended and not being deleted."""
    return not finished(pod) and not terminating(pod)


def ready(pod: Obj) -> bool:
    """Return whether the pod is Ready."""
    return conditions.is_true(pod, "Ready")


def exit_codes(pod: Obj, containers: Iterable[str] = ()) -> list[tuple[str, int]]:
    """Return (container, exit code) of the terminated containers, of those named or of all."""
    wanted = set(containers)
    status = pod.get("status") or {}
    codes = []
    for entry in [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]:
        ended = (entry.get("state") or {}).get("terminated")
        if ended and (not wanted or entry["name"] in wanted):
            codes.append((entry["name"], int(ended.get("exitCode", 0))))
    return codes


def pod_from_template(template: Obj, namespace: str, *, name: str = "", generate: str = "") -> Obj:
    """Return a pod (a copy) with the template's labels, annotations, finalizers and spec."""
    source = template.get("metadata") or {}
    meta: Obj = {"name": name} if name else {"generateName": generate}
    meta["namespace"] = namespace
    for field in ("labels", "annotations", "finalizers"):
        if source.get(field):
            meta[field] = clone(source[field])
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": clone(template.get("spec") or {})}
