"""Volcano's CronJob around a Volcano Job, and the job that Volcano makes."""

from __future__ import annotations

import copy
from typing import Any

from arena_core.args import ArgsGroup
from arena_core.contract.types import Jobs, Manifest
from arena_core.k8s import dig
from arena_core.k8s.owners import reference
from arena_cron import model as models
from arena_cron.args import ScheduleArgs
from arena_cron.inside import inside, metadata
from arena_cron.volcano.names import ONLY, RESOURCE

CHART = "volcano-cron-0.1.0"


def model(jobs: Jobs) -> type[ArgsGroup]:
    """Return the argument model: the flags of a Volcano Job, and those of the cron."""
    return models.model(ScheduleArgs, jobs, ONLY)


def build(args: ScheduleArgs, jobs: Jobs) -> list[Manifest]:
    """Return the CronJob first, then what its jobs share."""
    found = inside(args, jobs, ONLY)
    spec: dict[str, Any] = {"schedule": args.schedule, "suspend": args.suspended, "concurrencyPolicy": args.concurrency_policy}
    if args.time_zone:
        spec["timeZone"] = args.time_zone
    spec |= {"successfulJobsHistoryLimit": args.history_limit, "failedJobsHistoryLimit": args.history_limit}
    spec["jobTemplate"] = {"metadata": found.job["metadata"], "spec": found.job["spec"]}
    cron = {"apiVersion": RESOURCE.api_version, "kind": RESOURCE.kind, "metadata": metadata(args, found, CHART), "spec": spec}
    return [cron, *found.others]


def child(cron: Manifest, called: str) -> Manifest:
    """Return a job of this name, as Volcano makes it."""
    template: dict[str, Any] = copy.deepcopy(dict(dig.mapping(cron, "spec", "jobTemplate")))
    own = template.get("metadata") or {}
    kept = {key: own[key] for key in ("labels", "annotations") if own.get(key)}
    metadata = {**kept, "name": called, "ownerReferences": [reference(cron)]}
    return {"apiVersion": RESOURCE.api_version, "kind": "Job", "metadata": metadata, "spec": template.get("spec")}
