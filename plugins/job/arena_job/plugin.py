"""The hooks of the job type ``job``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Wrapping
from arena_core.families import kueue, plainjob
from arena_core.typed import TYPE_CHECKING
from arena_job.names import CONTAINER

if TYPE_CHECKING:
    from arena_core.contract.types import Cause, Endpoint, Find, Jobs, JobStatus, JobView, Lookup, Manifest, PodSet, Problem
    from arena_job.args import BatchJobArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="job",
        resource=plainjob.RESOURCE,
        args="arena_job.args:BatchJobArgs",
        summary="a Job of plain Kubernetes: one pod, or several with a number each; no operator is needed",
        display="Job",
        shorthand="job",
        selectors=plainjob.selectors,
        container=CONTAINER,
        wrapping=Wrapping(failure_seen=True),
        scale=plainjob.scale,
        scale_check=kueue.sized,
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
        provider="every Kubernetes has it",
    )


@hookimpl
def arena_build_manifests(args: BatchJobArgs, jobs: Jobs) -> Sequence[Manifest]:
    """Return the job and what belongs to it."""
    from arena_job.manifests import build

    return build(args)


@hookimpl
def arena_preflight(args: BatchJobArgs, lookup: Lookup, jobs: Jobs) -> Iterable[Problem]:
    """Return what the cluster lacks: queue, priority classes, gangs, claims."""
    from arena_core.families.preflight import common_problems

    return common_problems(args, lookup)


@hookimpl
def arena_related(view: JobView, jobs: Jobs) -> Iterable[Find]:
    """Name what status and reasons need besides the pods."""
    return plainjob.related(view.manifest)


@hookimpl
def arena_job_status(view: JobView, jobs: Jobs) -> JobStatus:
    """Say what the job is doing."""
    return plainjob.status(view.manifest, view.pods, view.related or ())


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return the one set of pods."""
    return plainjob.pod_sets(job)


@hookimpl
def arena_endpoints(view: JobView, jobs: Jobs) -> Iterable[Endpoint]:
    """Return the job's TensorBoard."""
    from arena_core.families.tensorboard import endpoints

    return endpoints(view.manifest)


@hookimpl
def arena_explain(view: JobView, jobs: Jobs) -> Iterable[Cause]:
    """Say in plain words why the job is not running."""
    return plainjob.explain(view.manifest, view.pods or (), view.related or ())
