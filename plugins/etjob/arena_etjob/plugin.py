"""The hooks of the job type ``etjob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.families import hooks
from arena_core.typed import TYPE_CHECKING
from arena_etjob import shared
from arena_etjob import status as state
from arena_etjob.names import ETJOB

if TYPE_CHECKING:
    from arena_core.contract.types import Cause, Find, Jobs, JobStatus, JobType, JobView, Lookup, Manifest, PodSet, Problem
    from arena_etjob.args import ETJobArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_endpoints = hooks.arena_endpoints

SUMMARY = "elastic training: workers come and go while it runs, with the et-operator"


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return shared.job_type(ETJOB, "arena_etjob.args:ETJobArgs", SUMMARY, "ElasticTraining", "et")


@hookimpl
def arena_build_manifests(args: ETJobArgs, jobs: Jobs) -> Sequence[Manifest]:
    """Return the job and what belongs to it."""
    from arena_etjob.manifests import build

    return build(args)


@hookimpl
def arena_preflight(args: ETJobArgs, lookup: Lookup, jobs: Jobs) -> Iterable[Problem]:
    """Return what the cluster lacks."""
    return shared.preflight(args, lookup)


@hookimpl
def arena_related(view: JobView, jobs: Jobs) -> Iterable[Find]:
    """Name what status and reasons need besides the pods."""
    return state.related(view.manifest)


@hookimpl
def arena_job_status(view: JobView, jobs: Jobs) -> JobStatus:
    """Say what the job is doing."""
    return state.status(view.manifest, view.pods)


@hookimpl
def arena_pod_sets(job: Manifest, purpose: str) -> Sequence[PodSet]:
    """Return the launcher, by whose end a wrapper knows the job's; for quota the workers, too."""
    return state.pod_sets(job, purpose)


@hookimpl
def arena_explain(view: JobView, jobs: Jobs) -> Iterable[Cause]:
    """Say in plain words why the job is not running."""
    return state.explain(view.manifest, view.pods, view.related or ())
