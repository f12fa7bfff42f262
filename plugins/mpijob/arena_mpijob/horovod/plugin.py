"""The hooks of the job type ``horovodjob``: an MPIJob, but for its name, its flags and what is built."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.hookspecs import hookimpl
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
SUMMARY = "training with Horovod, which mpirun starts on several pods, with the Kubeflow MPI Operator"


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return mpi.on_mpijobs(NAME, "arena_mpijob.horovod.args:HorovodJobArgs", SUMMARY, display="Horovod", shorthand="horovod")


@hookimpl
def arena_build_manifests(args: HorovodJobArgs, jobs: Jobs, build: Build) -> Sequence[Manifest]:
    """Return the job and what belongs to it, for the operator that the cluster has."""
    from arena_mpijob.manifests import settled

    return settled(args, build, NAME, "HorovodJob", "")
