"""What marks a pod as one that Kueue holds: gates, labels, annotations, and the hash of its role in a group."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from arena_local.kueue.kinds import GROUP
from arena_local.sdk.bundle import Obj

MANAGED = f"{GROUP}/managed"
GROUP_NAME = f"{GROUP}/pod-group-name"
TOTAL = f"{GROUP}/pod-group-total-count"
ROLE_HASH = f"{GROUP}/role-hash"
PARENT = f"{GROUP}/pod-suspending-parent"
RETRIABLE = f"{GROUP}/retriable-in-group"
FAST = f"{GROUP}/pod-group-fast-admission"
IS_GROUP = f"{GROUP}/is-group-workload"
INDEX = f"{GROUP}/pod-group-pod-index"
ADMISSION_GATE = f"{GROUP}/admission"
GATES = (ADMISSION_GATE, f"{GROUP}/topology")


def label(obj: Obj, key: str) -> str:
    """Return a label, or ""."""
    return str((obj["metadata"].get("labels") or {}).get(key, ""))


def annotation(obj: Obj, key: str) -> str:
    """Return an annotation, or ""."""
    return str((obj["metadata"].get("annotations") or {}).get(key, ""))


def managed(pod: Obj) -> bool:
    """Return whether Kueue holds the pod."""
    return label(pod, MANAGED) == "true"


def gated(pod: Obj) -> bool:
    """Return whether the pod waits for its admission."""
    return any(gate.get("name") == ADMISSION_GATE for gate in pod["spec"].get("schedulingGates") or ())


def put_gates(pod: Obj) -> None:
    """Hold a new pod back."""
    gates = pod["spec"].get("schedulingGates") or []
    known = {gate.get("name") for gate in gates}
    pod["spec"]["schedulingGates"] = [*gates, *({"name": name} for name in GATES if name not in known)]


def lift_gates(pod: Obj) -> None:
    """Let a pod go."""
    gates = [gate for gate in pod["spec"].get("schedulingGates") or () if gate.get("name") not in GATES]
    pod["spec"].pop("schedulingGates", None)
    if gates:
        pod["spec"]["schedulingGates"] = gates


def total(pod: Obj) -> int:
    """Return how many pods the pod's group has."""
    text = annotation(pod, TOTAL)
    return int(text) if text.isdecimal() else 0


def role_hash(pod: Obj) -> str:
    """Return what pods of one role in a group have in common: eight digits over all that decides where they can run."""
    spec = pod["spec"]
    shape: dict[str, Any] = {key: spec.get(key) or None for key in _SHAPE}
    shape["priority"] = spec.get("priority")
    for key in ("containers", "initContainers"):
        shape[key] = [_container(item) for item in spec.get(key) or ()] or None
    for key in ("nodeSelector", "overhead"):
        shape[key] = dict(sorted(shape[key].items())) if shape[key] else None
    text = json.dumps({"spec": dict(sorted(shape.items()))}, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


_SHAPE = ("affinity", "nodeSelector", "overhead", "resourceClaims", "runtimeClassName", "tolerations", "topologySpreadConstraints")


def _container(container: Obj) -> Obj:
    requests = (container.get("resources") or {}).get("requests")
    return {"ports": container.get("ports") or None, "resources": {"requests": dict(sorted(requests.items())) if requests else None}}
