"""From arguments to Kubernetes objects: plain dicts, made by pure functions."""

from __future__ import annotations

from arena_core.contract.types import Manifest
from arena_core.families import plainjob
from arena_core.families.companions import companions
from arena_core.podspec import JobFacts, Role, job_metadata, pod_template
from arena_hello.args import HelloArgs


def build(args: HelloArgs) -> list[Manifest]:
    """Return an indexed Job with one pod for each worker, and what belongs to it."""
    facts = JobFacts(app="hello", created_by="Hello", chart="hello-0.1.0", workers=args.workers, total_gpus=args.workers * args.gpus)
    role = Role(container="main", cpu=args.cpu, memory=args.memory, restart_policy="Never", env={"EPOCHS": str(args.epochs)})
    job: Manifest = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": job_metadata(args, facts),
        "spec": {
            "parallelism": args.workers,
            "completions": args.workers,
            "completionMode": "Indexed",
            "backoffLimit": args.retry,
            "template": pod_template(args, facts, role, min_member=args.workers),
        },
    }
    chief = {plainjob.JOB_NAME: args.name, plainjob.INDEX: "0"}
    return [job, *companions(args, facts, min_member=args.workers, chief_labels=chief)]
