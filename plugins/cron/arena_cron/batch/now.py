"""A job of a cron at once."""

from __future__ import annotations

import copy
from typing import Any

from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.k8s.owners import reference

MANUAL = "cronjob.kubernetes.io/instantiate"


def job_of(cron: Manifest, name: str) -> Manifest:
    """Return the Job, as `kubectl create job --from` makes it; one that only makes a job asks nobody's leave."""
    template: dict[str, Any] = copy.deepcopy(dict(dig.mapping(cron, "spec", "jobTemplate")))
    own = template.get("metadata") or {}
    for container in template["spec"]["template"]["spec"]["containers"]:
        for row in container.get("env") or []:
            if row.get("name") == "ARENA_POLICY":
                row["value"] = "Allow"
    metadata = {
        "name": name,
        "namespace": dig.text(cron, "metadata", "namespace"),
        "labels": own.get("labels") or {},
        "annotations": {**(own.get("annotations") or {}), MANUAL: "manual"},
        "ownerReferences": [reference(cron, block=False)],
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template["spec"]}
