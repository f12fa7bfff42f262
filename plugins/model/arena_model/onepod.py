"""A Job of plain Kubernetes with one pod, as both kinds of jobs on models are: made by a pure function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from arena_core.families.companions import companions
from arena_core.families.plainjob import JOB_NAME
from arena_core.podspec import JobFacts, Role, job_metadata, pod_template

if TYPE_CHECKING:
    from arena_core.contract.types import Manifest
    from arena_model.args import OnePodArgs


def build(args: OnePodArgs, facts: JobFacts, *, labels: Mapping[str, str]) -> list[Manifest]:
    """Return the Job first, then ConfigMaps, PodGroup and TensorBoard; ``labels`` are the type's own, of the Job and its pod."""
    own = args.model_copy(update={"devices": {**args.devices, **args.shared_gpu}})
    # A pod that failed is replaced by another and stays with its log.
    role = Role(container=facts.app, cpu=args.cpu, memory=args.memory, restart_policy="Never", labels=labels)
    metadata = job_metadata(own, facts)
    metadata["labels"] |= labels
    job: Manifest = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata}
    job["spec"] = {"backoffLimit": args.retry, "template": pod_template(own, facts, role, min_member=1)}
    return [job, *companions(own, facts, min_member=1, chief_labels={JOB_NAME: args.name})]
