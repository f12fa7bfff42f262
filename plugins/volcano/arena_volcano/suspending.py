"""How a Volcano Job is suspended and resumed: by a Command, which Volcano deletes and carries out. Pure and total."""

from __future__ import annotations

from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_volcano.status import JOB


def suspend_request(job: Manifest, value: bool) -> Manifest:
    """Return the Command that suspends the job, or lets it run again."""
    name = dig.text(job, "metadata", "name")
    owner = {
        "apiVersion": JOB.api_version,
        "kind": JOB.kind,
        "name": name,
        "uid": dig.text(job, "metadata", "uid"),
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {
        "apiVersion": "bus.volcano.sh/v1alpha1",
        "kind": "Command",
        "metadata": {"generateName": f"{name}-{'suspend' if value else 'resume'}-", "ownerReferences": [owner]},
        "action": "AbortJob" if value else "ResumeJob",
        "target": owner,
    }
