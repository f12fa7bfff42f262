"""The AppWrapper around an inner job, and what stands beside it. Pure: the inner type builds the job."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from arena_appwrapper.args import AROUND, AppWrapperArgs
from arena_core.contract.types import WORKDIR, Build, Jobs, Manifest, PodSet
from arena_core.families import kueue
from arena_core.families.tensorboard import MARK as TENSORBOARD
from arena_core.k8s import duration
from arena_core.podspec import JobFacts, job_metadata

PREFIX = "workload.codeflare.dev.appwrapper/"
LABEL = "workload.codeflare.dev/appwrapper"
#: Name and version of the fork's chart: a label by which the fork's Arena knows its jobs.
CHART = "appwrapperjob-0.3.2"
GPUS = "requestGPUsOfJobOwner"
#: The label of ``--model-name``, by which jobs are found.
MODEL = "modelName"


def build(args: AppWrapperArgs, jobs: Jobs, around: Build | None = None) -> list[Manifest]:
    """Return the AppWrapper first, then the ConfigMaps, PodGroup, Service and TensorBoard of the job inside.

    They stand beside the AppWrapper and belong to it, so they outlive a reset and need no rights of the AppWrapper operator.
    """
    inner = AROUND.inner(args, jobs)
    job, *others = copy.deepcopy(inner.build(around))
    pod_sets = inner.handle.pod_sets(job)
    total = (job["metadata"].get("annotations") or {}).get(GPUS)
    facts = JobFacts("appwrapperjob", "AppWrapperJob", CHART, total_gpus=int(total) if total is not None else None)
    metadata = job_metadata(args, facts)
    trained = {key: value for key, value in job["metadata"].get("labels", {}).items() if key == MODEL}
    metadata["labels"] = {**metadata["labels"], **trained, LABEL: args.name}
    beside = {key: value for key, value in (job["metadata"].get("annotations") or {}).items() if key in (TENSORBOARD, WORKDIR)}
    # Whoever writes one of the operator's annotations by hand means it.
    metadata["annotations"] = {**fault_tolerance(args), **beside, **metadata.get("annotations", {})}
    mark = {"app": "appwrapperjob", "chart": CHART, "createdBy": "AppWrapperJob", LABEL: args.name}
    _relabel(job, pod_sets, mark)
    component = {
        "podSets": [{"path": f"template.{p.path}" if p.path else "template", "replicas": p.replicas} for p in pod_sets],
        "template": job,
    }
    wrapper = {
        "apiVersion": "workload.codeflare.dev/v1beta2",
        "kind": "AppWrapper",
        "metadata": metadata,
        "spec": {"suspend": False, "components": [component]},
    }
    return [wrapper, *(_labelled(obj, mark) for obj in others)]


def fault_tolerance(args: AppWrapperArgs) -> dict[str, str]:
    """Return the annotations by which the operator knows periods, retries and exit codes. They stay on the AppWrapper alone."""
    notes = {
        "retryLimit": str(args.retry_limit),
        "admissionGracePeriodDuration": duration.short_text(args.admission_grace_period),
        "warmupGracePeriodDuration": duration.short_text(args.warmup_grace_period),
        "failureGracePeriodDuration": duration.short_text(args.failure_grace_period),
        "retryPausePeriodDuration": duration.short_text(args.retry_pause_period),
    }
    # Inside a wrapper a TTL of the inner job would look like a lost component: the wrapper's own does the same safely.
    if ttl := args.success_ttl or args.ttl_after_finished:
        notes["successTTLDuration"] = duration.short_text(ttl)
    if args.forceful_deletion_grace_period:
        notes["forcefulDeletionGracePeriodDuration"] = duration.short_text(args.forceful_deletion_grace_period)
    if args.deletion_on_failure_grace_period:
        notes["deletionOnFailureGracePeriodDuration"] = duration.short_text(args.deletion_on_failure_grace_period)
    if args.terminal_exit_codes:
        notes["terminalExitCodes"] = ",".join(map(str, args.terminal_exit_codes))
    if args.retryable_exit_codes:
        notes["retryableExitCodes"] = ",".join(map(str, args.retryable_exit_codes))
    return {PREFIX + key: value for key, value in notes.items()}


def template_at(job: Manifest, path: str) -> dict[str, Any]:
    """Return the pod template at a pod set's path; an empty path is the object itself (a bare Pod)."""
    node: Any = job
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        node = node[int(index)] if index else node[name]
    found: dict[str, Any] = node
    return found


def _relabel(job: Manifest, pod_sets: Sequence[PodSet], mark: Mapping[str, str]) -> None:
    """Label the job and its pods as the wrapper's, so that neither tool takes the inner job for one of its own.

    What only the wrapper may carry is taken away: Kueue would queue a labelled child by itself.
    """
    for metadata in (job["metadata"], *(template_at(job, p.path).setdefault("metadata", {}) for p in pod_sets)):
        labels = {k: v for k, v in (metadata.get("labels") or {}).items() if k not in (kueue.QUEUE, kueue.PRIORITY)}
        metadata["labels"] = {**labels, **mark}
        if notes := metadata.get("annotations"):
            metadata["annotations"] = {k: v for k, v in notes.items() if not k.startswith(PREFIX)}
    job["metadata"].pop("annotations", None)


def _labelled(obj: Manifest, mark: Mapping[str, str]) -> Manifest:
    labels = obj["metadata"].get("labels") or {}
    obj["metadata"]["labels"] = {**labels, **{k: v for k, v in mark.items() if k != LABEL}}
    return obj
