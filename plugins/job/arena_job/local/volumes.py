"""Claims that a JobSet makes itself (``volumeClaimPolicies``)."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from arena_core.k8s.owners import reference as owner_reference
from arena_job.local.keys import NAME
from arena_local.sdk.bundle import Obj


def templates(jobset: Obj) -> Iterator[tuple[Obj, bool]]:
    """Yield the templates of claims, and whether the claim goes with the JobSet."""
    for policy in jobset["spec"].get("volumeClaimPolicies") or []:
        going = (policy.get("retentionPolicy") or {}).get("whenDeleted", "Delete") == "Delete"
        yield from ((template, going) for template in policy.get("templates") or [])


def claim_name(jobset: Obj, template: Obj) -> str:
    """Return ``<template>-<jobset>``."""
    return f"{(template.get('metadata') or {}).get('name', '')}-{jobset['metadata']['name']}"


def claims(jobset: Obj) -> Iterator[Obj]:
    """Yield the claims that the JobSet needs."""
    for template, going in templates(jobset):
        given = template.get("metadata") or {}
        meta = {"name": claim_name(jobset, template), "namespace": jobset["metadata"]["namespace"]}
        meta["labels"] = {**(given.get("labels") or {}), NAME: jobset["metadata"]["name"]}
        meta["annotations"] = dict(given.get("annotations") or {})
        if going:
            meta["ownerReferences"] = [owner_reference(jobset)]
        spec = copy.deepcopy(template.get("spec") or {})
        yield {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}


def mounts(pod_spec: Obj, name: str) -> bool:
    """Whether a container mounts the volume of that name."""
    containers = [*(pod_spec.get("containers") or []), *(pod_spec.get("initContainers") or [])]
    return any(mount.get("name") == name for container in containers for mount in container.get("volumeMounts") or [])


def add_to(pod_spec: Obj, jobset: Obj) -> None:
    """Give pods that mount a claim its volume."""
    for template, _ in templates(jobset):
        name = (template.get("metadata") or {}).get("name", "")
        if mounts(pod_spec, name):
            source = {"claimName": claim_name(jobset, template)}
            pod_spec.setdefault("volumes", []).append({"name": name, "persistentVolumeClaim": source})
