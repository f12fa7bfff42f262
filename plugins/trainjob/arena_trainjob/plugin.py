"""The hooks of the job type ``trainjob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Note, Wrapping
from arena_core.families import hooks, kueue
from arena_core.k8s.selectors import exactly
from arena_core.typed import TYPE_CHECKING
from arena_trainjob import status as state
from arena_trainjob.names import NODE, RESOURCE

if TYPE_CHECKING:
    from arena_core.contract.types import (
        Cause,
        Find,
        Jobs,
        JobStatus,
        JobView,
        LogQuery,
        LogSource,
        Lookup,
        Manifest,
        PodSet,
        Problem,
    )
    from arena_trainjob.args import TrainJobArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_endpoints = hooks.arena_endpoints


def _inside(args: TrainJobArgs) -> Sequence[Note]:
    """Say what a wrapper does not see."""
    text = (
        "an AppWrapper sees only labels and volumes of a TrainJob's pods, for the rest is the runtime's: a queue reserves nothing for it "
        "(arena submit trainjob --kueue-queue does), and a failure is noticed late where the runtime's pods restart"
    )
    return (Note(text),)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="trainjob",
        resource=RESOURCE,
        args="arena_trainjob.args:TrainJobArgs",
        summary="training on a prepared runtime (torch, JAX, DeepSpeed ...), with Kubeflow Trainer v2",
        display="TrainJob",
        shorthand="train",
        selectors=lambda job: exactly(state.pod_labels(job)),
        container=NODE,
        wrapping=Wrapping(warn=_inside),
        scale_check=lambda job: "its pods are those of a JobSet, and the JobSet controller lets nobody change their number",
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
        provider="Kubeflow Trainer v2 (trainer.kubeflow.org/v1alpha1), which needs JobSet: https://www.kubeflow.org/docs/components/trainer/",
        operator="trainer-controller-manager",
    )


@hookimpl
def arena_build_manifests(args: TrainJobArgs, jobs: Jobs) -> Sequence[Manifest]:
    """Return the job and what belongs to it."""
    from arena_trainjob.manifests import build

    return build(args)


@hookimpl
def arena_preflight(args: TrainJobArgs, lookup: Lookup, jobs: Jobs) -> Iterable[Problem | Note]:
    """Return what the cluster lacks: the runtime and its parts, queue, priority classes, gangs, claims."""
    from arena_core.families.preflight import common_problems
    from arena_trainjob.preflight import runtime_problems

    return [*common_problems(args, lookup), *runtime_problems(args, lookup)]


@hookimpl
def arena_related(view: JobView, jobs: Jobs) -> Iterable[Find]:
    """Name what status and reasons need besides the pods."""
    return state.related(view.manifest)


@hookimpl
def arena_job_status(view: JobView, jobs: Jobs) -> JobStatus:
    """Say what the job is doing."""
    return state.status(view.manifest, view.pods, view.related or ())


@hookimpl
def arena_pod_sets(job: Manifest, purpose: str) -> Sequence[PodSet]:
    """Return the sets of equal pods of the training; their templates are patches of the runtime's."""
    return state.pod_sets(job, purpose)


@hookimpl
def arena_log_sources(view: JobView, query: LogQuery, jobs: Jobs) -> Sequence[LogSource]:
    """Return where the logs are: the first node's, unless a deadline has taken all pods away."""
    from arena_core.podstatus import default_log_sources
    from arena_trainjob.explain import lost_log

    told = view.status or state.status(view.manifest, view.pods, view.related or ())
    lost = lost_log(view.manifest, view.pods)
    return lost or default_log_sources(told.instances, view.pods or (), query, NODE, replicas=told.replicas)


@hookimpl
def arena_explain(view: JobView, jobs: Jobs) -> Iterable[Cause]:
    """Say in plain words why the job is not running."""
    from arena_trainjob.explain import explain

    return explain(view.manifest, view.pods, view.related or ())
