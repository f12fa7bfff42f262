"""Claims that a job brings along, and those that it expects to find."""

from __future__ import annotations

import copy
import hashlib

from arena_core.k8s import owners
from arena_local.sdk.bundle import Api, ApiError, Obj
from arena_volcano.localcluster.keys import CONTROLLER, meta

CLAIMS = "persistentvolumeclaims"


class ClaimMissing(Exception):
    """A claim that the job names does not exist."""


def ensure(api: Api, job: Obj) -> tuple[Obj, dict[str, str]]:
    """Make the job's claims; return the job (with the claims' names written into it) and what it controls."""
    volumes = job["spec"].get("volumes") or []
    unnamed = [index for index, volume in enumerate(volumes) if not volume.get("volumeClaimName")]
    if unnamed:
        job = copy.deepcopy(job)
        volumes = job["spec"]["volumes"]
        for index in unnamed:
            volumes[index]["volumeClaimName"] = _claim_name(job, index)
    controlled: dict[str, str] = {}
    for volume in volumes:
        name = volume["volumeClaimName"]
        if api.find(CLAIMS, meta(job)["namespace"], name) is None:
            if volume.get("volumeClaim") is None:
                raise ClaimMissing(f"pvc {name} is not found, the job will be in the Pending state until the PVC is created")
            _create(api, job, name, volume["volumeClaim"])
        if volume.get("volumeClaim") is not None:
            controlled[f"volume-pvc-{name}"] = name
    if unnamed:
        status = job.get("status")
        job = {**api.update(job, manager=CONTROLLER), "status": status}
    return job, controlled


def _claim_name(job: Obj, index: int) -> str:
    digest = hashlib.sha256(f"{meta(job)['uid']}/{index}".encode()).hexdigest()[:12]
    return f"{meta(job)['name']}-pvc-{digest}"


def _create(api: Api, job: Obj, name: str, spec: Obj) -> None:
    head = {"name": name, "namespace": meta(job)["namespace"], "ownerReferences": [owners.reference(job)]}
    try:
        api.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": head, "spec": spec}, manager=CONTROLLER)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
