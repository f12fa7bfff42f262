"""The Jobs and the Service that a JobSet makes."""

from __future__ import annotations

import copy
import hashlib

from arena_core.k8s.owners import reference as owner_reference
from arena_job.local import volumes
from arena_job.local.keys import (
    ATTEMPT,
    BY_SELECTOR,
    EXCLUSIVE,
    JOB_INDEX,
    NAME,
    PREFIX,
    REPLICATED,
    coordinator,
    dns,
    entries,
    job_name,
    replicas,
    subdomain,
)
from arena_local.sdk.bundle import Obj


def marks(jobset: Obj, entry: Obj, index: int, attempt: int) -> dict[str, str]:
    """Return what stands as label and as annotation on a Job and on its pods."""
    meta = jobset["metadata"]
    before = group_before = total = group_total = 0
    found = False
    for other in entries(jobset):
        count, same = replicas(other), other.get("groupName") == entry.get("groupName")
        found = found or other["name"] == entry["name"]
        if not found:
            before += count
            group_before += count if same else 0
        total += count
        group_total += count if same else 0
    key = hashlib.sha1(f"{meta['namespace']}/{job_name(jobset, entry, index)}".encode(), usedforsecurity=False).hexdigest()
    values = {
        NAME: meta["name"],
        PREFIX + "jobset-uid": meta["uid"],
        REPLICATED: entry["name"],
        PREFIX + "replicatedjob-replicas": str(replicas(entry)),
        PREFIX + "global-replicas": str(total),
        JOB_INDEX: str(index),
        PREFIX + "job-key": key,
        PREFIX + "job-global-index": str(before + index),
        PREFIX + "group-name": str(entry.get("groupName", "default")),
        PREFIX + "group-replicas": str(group_total),
        PREFIX + "job-group-index": str(group_before + index),
        ATTEMPT: str(attempt),
    }
    if chief := jobset["spec"].get("coordinator"):
        values[PREFIX + "coordinator"] = coordinator(jobset, chief)
    return values


def exclusive(jobset: Obj, entry: Obj) -> dict[str, str]:
    """Return the annotations that ask for a topology domain of a Job's own, which Jobs and pods take over."""
    found: dict[str, str] = {}
    for source in (jobset["metadata"], entry["template"].get("metadata") or {}):
        given = source.get("annotations") or {}
        if EXCLUSIVE in given:
            found |= {key: given[key] for key in (EXCLUSIVE, BY_SELECTOR) if key in given}
    return found


def job_of(jobset: Obj, entry: Obj, index: int, attempt: int, *, suspend: bool) -> Obj:
    """Return one Job."""
    template, values, placed = entry["template"], marks(jobset, entry, index, attempt), exclusive(jobset, entry)
    spec = copy.deepcopy(template["spec"])
    spec["template"]["metadata"] = _marked(spec["template"].get("metadata") or {}, values, placed)
    if dns(jobset):
        spec["template"]["spec"]["subdomain"] = subdomain(jobset)
    volumes.add_to(spec["template"]["spec"], jobset)
    spec["suspend"] = suspend
    meta = _marked(template.get("metadata") or {}, values, placed)
    meta |= {"name": job_name(jobset, entry, index), "namespace": jobset["metadata"]["namespace"]}
    meta["ownerReferences"] = [owner_reference(jobset)]
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": spec}


def _marked(meta: Obj, values: dict[str, str], placed: dict[str, str]) -> Obj:
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    return {"labels": {**labels, **values}, "annotations": {**annotations, **values, **placed}}


def service(jobset: Obj) -> Obj:
    """Return the headless Service by which the pods find each other."""
    meta = jobset["metadata"]
    spec = {
        "clusterIP": "None",
        "selector": {NAME: meta["name"]},
        "publishNotReadyAddresses": bool(jobset["spec"]["network"].get("publishNotReadyAddresses", True)),
    }
    named = {"name": subdomain(jobset), "namespace": meta["namespace"], "ownerReferences": [owner_reference(jobset)]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": named, "spec": spec}
