"""The hooks of the job type ``jobset``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Note, Wrapping
from arena_core.families import hooks, kueue
from arena_core.k8s.selectors import exactly
from arena_core.typed import TYPE_CHECKING
from arena_job.jobset import status as state
from arena_job.jobset.names import RESOURCE
from arena_job.names import CONTAINER

if TYPE_CHECKING:
    from arena_core.contract.types import Cause, Find, Jobs, JobStatus, JobView, Lookup, Manifest, PodSet, Problem
    from arena_job.jobset.args import JobSetArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_endpoints = hooks.arena_endpoints


def _inside(args: JobSetArgs) -> Sequence[Note]:
    """Say where the operator of an AppWrapper takes a success for a failure."""
    if not args.ends_early:
        return ()
    text = (
        "the job succeeds while some of its pods still run, and the AppWrapper counts those as failed: its own state will be "
        "Failed although the job has succeeded (arena submit jobset --kueue-queue queues it without an AppWrapper)"
    )
    return (Note(text),)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="jobset",
        resource=RESOURCE,
        args="arena_job.jobset.args:JobSetArgs",
        summary="several Jobs that start, fail and end as one, with JobSet",
        display="JobSet",
        shorthand="js",
        selectors=lambda job: exactly(state.pod_labels(job)),
        # Which role leads depends on the JobSet; ``state.leader`` says it.
        container=CONTAINER,
        wrapping=Wrapping(warn=_inside),
        scale_check=lambda job: "the JobSet controller lets nobody change its replicated jobs",
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
        provider="JobSet (jobset.x-k8s.io/v1alpha2): https://jobset.sigs.k8s.io",
        operator="jobset",
    )


@hookimpl
def arena_build_manifests(args: JobSetArgs, jobs: Jobs) -> Sequence[Manifest]:
    """Return the JobSet and what belongs to it."""
    from arena_job.jobset.manifests import build

    return build(args)


@hookimpl
def arena_preflight(args: JobSetArgs, lookup: Lookup, jobs: Jobs) -> Iterable[Problem]:
    """Return what the cluster lacks (queue, priority classes, gangs, claims), and who has the names that the JobSet needs."""
    from arena_core.families.preflight import common_problems
    from arena_job.jobset.preflight import name_problems

    return [*common_problems(args, lookup), *name_problems(args, lookup)]


@hookimpl
def arena_related(view: JobView, jobs: Jobs) -> Iterable[Find]:
    """Name what status and reasons need besides the pods."""
    return state.related(view.manifest)


@hookimpl
def arena_job_status(view: JobView, jobs: Jobs) -> JobStatus:
    """Say what the job is doing."""
    return state.status(view.manifest, view.pods, view.related or ())


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return the sets of equal pods, by role."""
    return state.pod_sets(job)


@hookimpl
def arena_explain(view: JobView, jobs: Jobs) -> Iterable[Cause]:
    """Say in plain words why the job is not running."""
    from arena_job.jobset.explain import explain

    return explain(view.manifest, view.pods, view.related or ())
