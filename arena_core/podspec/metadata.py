"""Labels and annotations of the job and of its pods."""

from __future__ import annotations

from typing import Any

from arena_core import schedulers
from arena_core.args import JobArgs, KueueArgs, MetadataArgs, ModelArgs, SchedulingArgs
from arena_core.podspec.facts import JobFacts, Role
from arena_core.podspec.gang import gang_annotations, gang_labels

GPUS_OF_JOB = "requestGPUsOfJobOwner"
KUBE_QUEUE_SUSPEND = "scheduling.x-k8s.io/suspend"
ENI = "k8s.aliyun.com/eni"


def selector_labels(args: MetadataArgs, facts: JobFacts) -> dict[str, str]:
    """Return the labels by which Arena finds a job, and selectors find its pods."""
    labels = {"app": facts.app, "release": args.name}
    if facts.chart:
        labels["chart"] = facts.chart
    return labels


def common_labels(args: MetadataArgs, facts: JobFacts) -> dict[str, str]:
    """Return the labels of everything that belongs to the job, with the user's."""
    labels = {**args.labels, **selector_labels(args, facts)}
    if facts.chart:
        labels["heritage"] = "Helm"
    if facts.created_by:
        labels["createdBy"] = facts.created_by
    if isinstance(args, ModelArgs) and args.model_name:
        labels["modelName"] = args.model_name
    return labels


def job_labels(args: MetadataArgs, facts: JobFacts) -> dict[str, str]:
    """Return the labels of the job itself: the common ones, and Kueue's."""
    labels = common_labels(args, facts)
    if isinstance(args, KueueArgs):
        if args.kueue_queue:
            labels[schedulers.QUEUE_LABEL] = args.kueue_queue
        if args.kueue_priority_class:
            labels[schedulers.PRIORITY_LABEL] = args.kueue_priority_class
    return labels


def pod_labels(args: JobArgs, facts: JobFacts, role: Role, min_member: int = 0) -> dict[str, str]:
    """Return the labels of a role's pods. Kueue's stay on the job: on a pod they would queue that pod alone."""
    labels = {k: v for k, v in common_labels(args, facts).items() if k not in (schedulers.QUEUE_LABEL, schedulers.PRIORITY_LABEL)}
    if min_member and isinstance(args, SchedulingArgs) and args.gang:
        labels |= gang_labels(args.scheduler, facts.app, args.name, min_member)
    return {**labels, **role.labels}


def job_annotations(args: MetadataArgs, facts: JobFacts) -> dict[str, str]:
    """Return the annotations of the job and of its pods."""
    annotations = dict(args.annotations)
    if facts.total_gpus is not None:
        annotations[GPUS_OF_JOB] = str(facts.total_gpus)
    if isinstance(args, SchedulingArgs) and args.queue:
        annotations[KUBE_QUEUE_SUSPEND] = "true"
    return annotations


def pod_annotations(args: JobArgs, facts: JobFacts, role: Role, min_member: int = 0) -> dict[str, str]:
    """Return the annotations of a role's pods."""
    annotations = job_annotations(args, facts)
    if min_member and isinstance(args, SchedulingArgs) and args.gang:
        annotations |= gang_annotations(args.scheduler, facts.app, args.name)
    return {**annotations, **role.annotations}


def job_metadata(args: MetadataArgs, facts: JobFacts) -> dict[str, Any]:
    """Return ``metadata`` of the job: name, labels, annotations."""
    metadata: dict[str, Any] = {"name": args.name, "labels": job_labels(args, facts)}
    annotations = job_annotations(args, facts)
    return {**metadata, "annotations": annotations} if annotations else metadata
