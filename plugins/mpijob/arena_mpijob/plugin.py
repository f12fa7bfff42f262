"""The hooks of the job type ``mpijob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JOB_TYPE, JobType, Wrapping
from arena_core.families import hooks, kueue
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly
from arena_core.records import replace
from arena_core.typed import TYPE_CHECKING
from arena_mpijob import status as state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arena_core.contract.types import Build, Jobs, Manifest
    from arena_mpijob.args import MPIJobArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = hooks.reading(state)
arena_endpoints = hooks.arena_endpoints
arena_preflight = hooks.preflight(hooks.COMMON, "arena_mpijob.preflight:name_problems")
arena_pod_sets = hooks.pod_sets_for(state.pod_sets)

PROVIDER = "the Kubeflow MPI Operator, version 2 (kubeflow.org/v2beta1): https://github.com/kubeflow/mpi-operator"


#: What a wrapper does not count.
INSIDE = (
    "an AppWrapper sees only the launcher of an MPIJob, because workers never end by themselves: a queue does not count what the "
    "workers ask for (arena submit mpijob --kueue-queue does)"
)
#: A wrapper counts the launcher alone: the workers may go at the end, and must; and it gives up where its only pod is not made soon.
WRAPPING = Wrapping(forced={"clean_task_policy": "All"}, defaults={"launcher_creation_policy": "AtStartup"}, warn=hooks.warning(INSIDE))


def on_mpijobs(name: str, args: str, summary: str, *, display: str, shorthand: str) -> JobType:
    """Return what a type says of itself that makes MPIJobs under a name of its own."""
    return replace(
        arena_job_type(),
        name=name,
        args=args,
        summary=summary,
        display=display,
        shorthand=shorthand,
        matches=lambda job: dig.labels(job).get(JOB_TYPE) == name,
    )


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
    from arena_mpijob.manifests import settled

    return settled(args, build)
