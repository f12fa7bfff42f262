"""The hooks of the job type ``mpijob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Note, Wrapping
from arena_core.families import hooks, kueue
from arena_core.k8s.selectors import exactly
from arena_core.typed import TYPE_CHECKING
from arena_mpijob import status as state

if TYPE_CHECKING:
    from arena_core.contract.types import Build, Jobs, Lookup, Manifest, PodSet, Problem
    from arena_mpijob.args import MPIJobArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = hooks.reading(state)
arena_endpoints = hooks.arena_endpoints

PROVIDER = "the Kubeflow MPI Operator, version 2 (kubeflow.org/v2beta1): https://github.com/kubeflow/mpi-operator"


def _inside(args: MPIJobArgs) -> Sequence[Note]:
    """Say what a wrapper does not count."""
    text = (
        "an AppWrapper sees only the launcher of an MPIJob, because workers never end by themselves: a queue does not count what "
        "the workers ask for (arena submit mpijob --kueue-queue does)"
    )
    return (Note(text),)


#: A wrapper counts the launcher alone: the workers may go at the end, and must; and it gives up where its only pod is not made soon.
WRAPPING = Wrapping(forced={"clean_task_policy": "All"}, defaults={"launcher_creation_policy": "AtStartup"}, warn=_inside)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="mpijob",
        resource=state.RESOURCE,
        args="arena_mpijob.args:MPIJobArgs",
        summary="programs that mpirun starts on several pods, with the Kubeflow MPI Operator",
        display="MPI",
        shorthand="mpi",
        selectors=lambda job: exactly(state.pod_labels(job)),
        container=state.CONTAINER,
        wrapping=WRAPPING,
        scale_check=lambda job: "mpirun was started with the workers that there were",
        suspend_path="spec.runPolicy.suspend",
        suspend_check=kueue.decides,
        provider=PROVIDER,
        operator="mpi-operator",
    )


@hookimpl
def arena_build_manifests(args: MPIJobArgs, jobs: Jobs, build: Build) -> Sequence[Manifest]:
    """Return the job and what belongs to it, for the operator that the cluster has."""
    from arena_mpijob.manifests import build as made

    job, *beside = made(args)
    if build.resource.version == "v1":
        from arena_mpijob.trainingoperator import as_v1

        job = as_v1(job, args)
    return [job, *beside]


@hookimpl
def arena_preflight(args: MPIJobArgs, lookup: Lookup, jobs: Jobs) -> Iterable[Problem]:
    """Return what the cluster lacks (queue, priority classes, gangs, claims), and what has the names that the operator needs."""
    from arena_core.families.preflight import common_problems
    from arena_mpijob.preflight import name_problems

    return [*common_problems(args, lookup), *name_problems(args.name, lookup)]


@hookimpl
def arena_pod_sets(job: Manifest, purpose: str) -> Sequence[PodSet]:
    """Return the launcher, by whose end a wrapper knows the job's; for quota the workers, too."""
    return state.pod_sets(job, purpose)
