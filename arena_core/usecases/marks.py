"""Labels and annotations that Arena puts on what it makes; old Arena (Go) reads the same."""

from __future__ import annotations

import os
from collections.abc import Mapping

from arena_core.contract.types import BEFORE, Manifest
from arena_core.contract.types import SUBMIT_ID as SUBMIT_ID
from arena_core.k8s import owners
from arena_core.typed import Any

UID_LABEL = "arena.kubeflow.org/uid"
USERNAME = "arena.kubeflow.org/username"
#: On the jobs of a sweep: its name, and the values of this one.
SWEEP = "arena.kubeflow.org/sweep"
SWEEP_PARAMETERS = "arena.kubeflow.org/sweep-parameters"
CREATED_BY = "createdBy"


def new_submit_id() -> str:
    """Return an id that no other submission has."""
    return os.urandom(16).hex()


def metadata_of(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object's metadata, or an empty mapping, whatever the object looks like."""
    found = obj.get("metadata")
    return found if isinstance(found, dict) else {}


def labels_of(obj: Mapping[str, Any]) -> dict[str, str]:
    """Return the object's labels."""
    return metadata_of(obj).get("labels") or {}


def annotations_of(obj: Mapping[str, Any]) -> dict[str, str]:
    """Return the object's annotations."""
    return metadata_of(obj).get("annotations") or {}


def add(obj: Manifest, *, labels: Mapping[str, str] | None = None, annotations: Mapping[str, str] | None = None) -> None:
    """Add labels and annotations to an object (or a pod template) in place."""
    metadata = obj.setdefault("metadata", {})
    for key, more in (("labels", labels), ("annotations", annotations)):
        if more:
            metadata[key] = {**(metadata.get(key) or {}), **more}


def stands_before(obj: Mapping[str, Any]) -> bool:
    """Whether the object is to be there before the job."""
    return BEFORE in annotations_of(obj)


def made_by(obj: Mapping[str, Any], submit_id: str) -> bool:
    """Whether this submission made the object."""
    return annotations_of(obj).get(SUBMIT_ID) == submit_id


def owner_reference(job: Manifest) -> dict[str, Any]:
    """Return the reference by which what belongs to the job is deleted with it."""
    return {**owners.reference(job, block=False), "blockOwnerDeletion": False}
