"""KubeDL's Cron around a job, and the job that its operator makes."""

from __future__ import annotations

import copy
from typing import Any

from arena_core.args import ArgsGroup
from arena_core.contract.types import Jobs, Manifest
from arena_core.k8s import dig
from arena_core.k8s.owners import reference
from arena_cron import model as models
from arena_cron.args import CronArgs
from arena_cron.inside import inside, metadata

#: Name and version of Arena's chart, by which it knows its crons.
CHART = "cron-tfjob-1.0.3"
LABEL = "kubedl.io/cron-name"


def model(jobs: Jobs) -> type[ArgsGroup]:
    """Return the argument model: the flags of the jobs' type, and those of the cron."""
    return models.model(CronArgs, jobs)


def build(args: CronArgs, jobs: Jobs) -> list[Manifest]:
    """Return the Cron first, then what its jobs share."""
    found = inside(args, jobs)
    # It has no field for a time zone: what reads the schedule takes it in front of it.
    when = f"CRON_TZ={args.time_zone} {args.schedule}" if args.time_zone else args.schedule
    spec: dict[str, Any] = {"schedule": when, "concurrencyPolicy": args.concurrency_policy, "suspend": args.suspended}
    if args.deadline:
        spec["deadline"] = args.deadline
    spec["historyLimit"] = args.history_limit
    spec["template"] = {"apiVersion": found.job["apiVersion"], "kind": found.job["kind"], "workload": found.job}
    cron = {"apiVersion": "apps.kubedl.io/v1alpha1", "kind": "Cron", "metadata": metadata(args, found, CHART), "spec": spec}
    return [cron, *found.others]


def child(cron: Manifest, called: str) -> Manifest:
    """Return a job of this name, as the operator makes it."""
    template = dig.mapping(cron, "spec", "template")
    job: dict[str, Any] = copy.deepcopy(dict(dig.mapping(template, "workload")))
    own = dict(job.get("metadata") or {})
    own |= {"name": called, "labels": {**(own.get("labels") or {}), LABEL: dig.text(cron, "metadata", "name")}}
    own["ownerReferences"] = [reference(cron)]
    return {**job, "apiVersion": template.get("apiVersion"), "kind": template.get("kind"), "metadata": own}
