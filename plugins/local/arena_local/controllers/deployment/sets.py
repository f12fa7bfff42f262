"""The ReplicaSets of a Deployment: which is the new one, revisions, what a rollout may do."""

from __future__ import annotations

import copy
import hashlib
import json
import math
from collections.abc import Sequence
from typing import Any

from arena_core.k8s import owners
from arena_local.sdk.bundle import Obj

HASH_LABEL = "pod-template-hash"
_PREFIX = "deployment.kubernetes.io/"
REVISION, DESIRED, MAXIMUM = (_PREFIX + word for word in ("revision", "desired-replicas", "max-replicas"))
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_NOT_COPIED = {REVISION, DESIRED, MAXIMUM, _PREFIX + "revision-history", "kubectl.kubernetes.io/last-applied-configuration"}


def template_hash(deployment: Obj) -> str:
    """Return a name part for the template (and the collision count): ten characters, no vowels."""
    collisions = (deployment.get("status") or {}).get("collisionCount", 0)
    text = json.dumps([deployment["spec"]["template"], collisions], sort_keys=True)
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    word = ""
    for _ in range(10):
        number, rest = divmod(number, len(_ALPHABET))
        word += _ALPHABET[rest]
    return word


def _bare(template: Obj) -> Obj:
    bare: Obj = copy.deepcopy(template)
    meta = bare.setdefault("metadata", {})
    labels = {key: value for key, value in (meta.pop("labels", None) or {}).items() if key != HASH_LABEL}
    if labels:
        meta["labels"] = labels
    return bare


def new_set(deployment: Obj, sets: Sequence[Obj]) -> Obj | None:
    """Return the ReplicaSet whose template is the Deployment's, the oldest of them."""
    wanted = _bare(deployment["spec"]["template"])
    same = [item for item in sets if _bare(item["spec"]["template"]) == wanted]
    return min(same, key=lambda item: item["metadata"]["creationTimestamp"]) if same else None


def revision(item: Obj) -> int:
    """Return the revision annotation as a number."""
    text = str((item["metadata"].get("annotations") or {}).get(REVISION, "0"))
    return int(text) if text.isdecimal() else 0


def bounds(deployment: Obj) -> tuple[int, int]:
    """Return (maxSurge, maxUnavailable) as numbers of pods."""
    strategy = deployment["spec"].get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return 0, 0
    rolling = strategy.get("rollingUpdate") or {}
    replicas = int(deployment["spec"].get("replicas", 1))
    surge = _share(rolling.get("maxSurge", "25%"), replicas, math.ceil)
    unavailable = _share(rolling.get("maxUnavailable", "25%"), replicas, math.floor)
    if not surge and not unavailable:
        unavailable = 1
    return surge, min(unavailable, replicas) if replicas else unavailable


def _share(value: Any, replicas: int, rounding: Any) -> int:
    if isinstance(value, str) and value.endswith("%"):
        return int(rounding(int(value[:-1]) * replicas / 100))
    return int(value)


def set_annotations(deployment: Obj, number: int) -> dict[str, str]:
    """Return the annotations that a ReplicaSet of this Deployment carries."""
    own = {k: v for k, v in (deployment["metadata"].get("annotations") or {}).items() if k not in _NOT_COPIED}
    replicas = int(deployment["spec"].get("replicas", 1))
    return {**own, DESIRED: str(replicas), MAXIMUM: str(replicas + bounds(deployment)[0]), REVISION: str(number)}


def make_set(deployment: Obj, replicas: int, number: int) -> Obj:
    """Return the ReplicaSet to create for the Deployment's template."""
    word = template_hash(deployment)
    template = copy.deepcopy(deployment["spec"]["template"])
    template.setdefault("metadata", {}).setdefault("labels", {})[HASH_LABEL] = word
    selector = copy.deepcopy(deployment["spec"]["selector"])
    selector.setdefault("matchLabels", {})[HASH_LABEL] = word
    spec: Obj = {"replicas": replicas, "selector": selector, "template": template}
    if deployment["spec"].get("minReadySeconds"):
        spec["minReadySeconds"] = deployment["spec"]["minReadySeconds"]
    meta = {
        "name": f"{deployment['metadata']['name']}-{word}",
        "namespace": deployment["metadata"]["namespace"],
        "labels": dict(template["metadata"]["labels"]),
        "annotations": set_annotations(deployment, number),
        "ownerReferences": [owners.reference(deployment)],
    }
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta, "spec": spec}


def size(item: Obj) -> int:
    """Return ``spec.replicas``."""
    return int(item["spec"].get("replicas", 1))


def count(item: Obj, field: str) -> int:
    """Return a counter of the status."""
    return int((item.get("status") or {}).get(field, 0) or 0)
