"""The objects of a PyTorchJob: the job, and what belongs to it."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Manifest
from arena_core.families.companions import companions
from arena_core.families.kubeflow import JOB_NAME, JOB_ROLE, OPERATOR, backoff_limit, run_policy
from arena_core.podspec import JobFacts, Role, job_metadata, pod_template
from arena_pytorchjob.args import PyTorchJobArgs
from arena_pytorchjob.status import KIND

#: Name and version of Arena's chart: a label by which Arena (Go) knows its jobs.
CHART = "pytorchjob-0.5.2"


def build(args: PyTorchJobArgs) -> list[Manifest]:
    """Return the PyTorchJob first, then ConfigMaps, PodGroup and TensorBoard."""
    facts = JobFacts("pytorchjob", "PyTorchJob", CHART, workers=args.workers, total_gpus=args.workers * args.gpus)
    chief = {JOB_NAME: args.name, OPERATOR: KIND.controller, JOB_ROLE: "master"}
    spec: dict[str, Any] = {
        "runPolicy": run_policy(args, backoff_limit(args.retry)),
        KIND.field: {
            "Master": _replica(args, facts, 1, "OnFailure" if args.retry else "Never", {"master-pod-name": f"{args.name}-master-0"})
        },
    }
    if args.workers > 1:
        spec[KIND.field]["Worker"] = _replica(args, facts, args.workers - 1, "OnFailure", {})
    if args.nproc_per_node:
        # Not as PET_NPROC_PER_NODE: the operator writes that variable itself, after the user's.
        spec["nprocPerNode"] = args.nproc_per_node
    job = {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": job_metadata(args, facts), "spec": spec}
    return [job, *companions(args, facts, min_member=args.workers, chief_labels=chief)]


def _replica(args: PyTorchJobArgs, facts: JobFacts, count: int, restart: str, labels: dict[str, str]) -> dict[str, Any]:
    role = Role(container=KIND.container, cpu=args.cpu, memory=args.memory, labels=labels)
    template = pod_template(args, facts, role, min_member=args.workers)
    return {"replicas": count, "restartPolicy": restart, "template": template}
