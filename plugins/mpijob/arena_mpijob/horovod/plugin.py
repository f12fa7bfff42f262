"""The hooks of the job type ``horovodjob``: an MPIJob, but for its name, its flags and what is built."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JOB_TYPE
from arena_core.k8s import dig
from arena_core.records import replace
from arena_core.typed import TYPE_CHECKING
from arena_mpijob import plugin as mpi

if TYPE_CHECKING:
    from arena_core.contract.types import Build, Jobs, JobType, Manifest
    from arena_mpijob.horovod.args import HorovodJobArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = mpi.arena_related, mpi.arena_job_status, mpi.arena_explain
arena_preflight, arena_pod_sets, arena_endpoints = mpi.arena_preflight, mpi.arena_pod_sets, mpi.arena_endpoints

NAME = "horovodjob"


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return replace(
        mpi.arena_job_type(),
        name=NAME,
        args="arena_mpijob.horovod.args:HorovodJobArgs",
        summary="training with Horovod, which mpirun starts on several pods, with the Kubeflow MPI Operator",
        display="Horovod",
        shorthand="horovod",
        matches=lambda job: dig.labels(job).get(JOB_TYPE) == NAME,
    )


@hookimpl
def arena_build_manifests(args: HorovodJobArgs, jobs: Jobs, build: Build) -> Sequence[Manifest]:
    """Return the job and what belongs to it, for the operator that the cluster has."""
    from arena_mpijob.manifests import build as made

    job, *beside = made(args, NAME, "HorovodJob", "")
    if build.resource.version == "v1":
        from arena_mpijob.trainingoperator import as_v1

        job = as_v1(job, args)
    return [job, *beside]
