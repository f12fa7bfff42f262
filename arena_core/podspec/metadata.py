"""Labels and annotations of the job and of its pods."""

from __future__ import annotations

from typing import Any

from arena_core.args import JobArgs, MetadataArgs
from arena_core.podspec.facts import JobFacts, Role

GPUS_OF_JOB = "requestGPUsOfJobOwner"
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
    return labels | _asked(args, facts, "labels", "")


def job_labels(args: MetadataArgs, facts: JobFacts) -> dict[str, str]:
    """Return the labels of the job itself: the common ones, and those of its queue."""
    return common_labels(args, facts) | _asked(args, facts, "labels", "job")


def beside_labels(args: MetadataArgs, facts: JobFacts) -> dict[str, str]:
    """Return the labels of pods and of what makes some: those of a queue stay on the job, on a pod they would queue that pod alone."""
    return {key: value for key, value in common_labels(args, facts).items() if key not in args.JOB_LABELS}


def pod_labels(args: JobArgs, facts: JobFacts, role: Role, min_member: int = 0) -> dict[str, str]:
    """Return the labels of a role's pods."""
    return {**beside_labels(args, facts), **_asked(args, facts, "labels", "pods", min_member), **role.labels}


def job_annotations(args: MetadataArgs, facts: JobFacts) -> dict[str, str]:
    """Return the annotations of the job and of its pods."""
    annotations = dict(args.annotations)
    if facts.total_gpus is not None:
        annotations[GPUS_OF_JOB] = str(facts.total_gpus)
    return annotations | _asked(args, facts, "annotations", "")


def pod_annotations(args: JobArgs, facts: JobFacts, role: Role, min_member: int = 0) -> dict[str, str]:
    """Return the annotations of a role's pods."""
    return {**job_annotations(args, facts), **_asked(args, facts, "annotations", "pods", min_member), **role.annotations}


def _asked(args: MetadataArgs, facts: JobFacts, what: str, on: str, gang: int = 0) -> dict[str, str]:
    """Return the labels or annotations that groups of flags ask for, on the job and its pods (empty), or on one of them."""
    return {key: value for extra in args.extra_metadata(facts.app, gang) if extra.on == on for key, value in getattr(extra, what).items()}


def job_metadata(args: MetadataArgs, facts: JobFacts) -> dict[str, Any]:
    """Return ``metadata`` of the job: name, labels, annotations."""
    metadata: dict[str, Any] = {"name": args.name, "labels": job_labels(args, facts)}
    annotations = job_annotations(args, facts) | _asked(args, facts, "annotations", "job")
    return {**metadata, "annotations": annotations} if annotations else metadata
