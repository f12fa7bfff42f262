"""The objects of a Job: the Job, and what belongs to it."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Manifest
from arena_core.families.companions import companions
from arena_core.families.plainjob import INDEX, JOB_NAME
from arena_core.podspec import JobFacts, Role, job_metadata, pod_template
from arena_job.args import BatchJobArgs
from arena_job.names import CONTAINER

APP = "job"


def build(args: BatchJobArgs) -> list[Manifest]:
    """Return the Job first, then ConfigMaps, PodGroup and TensorBoard."""
    facts = JobFacts(APP, "Job", workers=args.parallel, total_gpus=args.parallel * args.gpus)
    # A pod that failed is replaced by another and stays with its log; with OnFailure the last one would be deleted.
    role = Role(container=CONTAINER, cpu=args.cpu, memory=args.memory, restart_policy="Never")
    spec: dict[str, Any] = {"parallelism": args.parallel, "completions": args.wanted}
    spec["completionMode"] = "Indexed" if args.indexed else "NonIndexed"
    if args.retry_per_index:
        # Beside a limit for each number the one for all must not come first.
        spec["backoffLimitPerIndex"] = args.retry_per_index
    else:
        spec["backoffLimit"] = args.retry
    if args.max_failed_indexes:
        spec["maxFailedIndexes"] = args.max_failed_indexes
    if args.running_timeout:
        spec["activeDeadlineSeconds"] = args.running_timeout
    if args.ttl_after_finished:
        spec["ttlSecondsAfterFinished"] = args.ttl_after_finished
    if args.fail_on_exit_code:
        codes = {"containerName": CONTAINER, "operator": "In", "values": list(args.fail_on_exit_code)}
        spec["podFailurePolicy"] = {"rules": [{"action": "FailJob", "onExitCodes": codes}]}
    spec["template"] = pod_template(args, facts, role, min_member=args.parallel)
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": job_metadata(args, facts), "spec": spec}
    chief = {JOB_NAME: args.name} | ({INDEX: "0"} if args.indexed else {})
    return [job, *companions(args, facts, min_member=args.parallel, chief_labels=chief)]
