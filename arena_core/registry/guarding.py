"""What nobody may change of an object that is built: by what it is found, whose it is, and what says whether it runs. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.contract.types import Manifest
from arena_core.families.schedulers import ON_JOBS_ALONE
from arena_core.k8s import dig, path

#: Labels and annotations with this prefix are what the program itself writes and reads.
OWN = "arena.kubeflow.org/"
GPUS = "requestGPUsOfJobOwner"
_WHY = {
    "apiVersion": ("it is another kind then", ""),
    "kind": ("it is another kind then", ""),
    "metadata.name": ("the job is found by it", "give another --name"),
    "metadata.generateName": ("the job is found by its name", "give another --name"),
    "metadata.namespace": ("it goes where the job goes", "choose the namespace with -n"),
    "metadata.ownerReferences": ("what belongs to a job is deleted with it", ""),
    "metadata.uid": ("the cluster sets it", ""),
    "metadata.resourceVersion": ("the cluster sets it", ""),
    "metadata.creationTimestamp": ("the cluster sets it", ""),
    "metadata.managedFields": ("the cluster sets it", ""),
    "spec.selector": ("what it selects is told by labels that the program sets", ""),
    "status": ("operators write it", ""),
}


def broken(old: Manifest, new: Manifest, given: frozenset[str], suspend_path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each change that must not be, with what to do in its place; ``given`` are the labels that are the user's own."""
    for where, (why, hint) in _WHY.items():
        if path.get(old, where) != path.get(new, where):
            yield f"{where} cannot be changed: {why}", hint
    if suspend_path and path.get(old, suspend_path) != path.get(new, suspend_path):
        hint = "submit the job, then `arena suspend` it; flags of queues create it suspended"
        yield f"{suspend_path} cannot be changed: whether the job runs is read there", hint
    before, after = dig.labels(old), dig.labels(new)
    for key in sorted({*before, *dig.mapping(new, "metadata", "labels")}):
        if before.get(key) != after.get(key) and key not in given and (key in before or key in ON_JOBS_ALONE or key.startswith(OWN)):
            why = "its queue is read there" if key in ON_JOBS_ALONE else "jobs are found by it"
            yield f"metadata.labels.{key} cannot be changed: {why}", "the flags of queues set it" if key in ON_JOBS_ALONE else ""
    notes = [dig.mapping(one, "metadata", "annotations") for one in (old, new)]
    for key in sorted({*notes[0], *notes[1]}):
        if (key.startswith(OWN) or key == GPUS) and notes[0].get(key) != notes[1].get(key):
            yield f"metadata.annotations.{key} cannot be changed: it is the program's own mark", ""
