"""The hooks of the job type ``deepspeed-mpijob``: an MPIJob, but for its name, its flags and what is built."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.errors import InvalidArguments
from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Problem
from arena_core.typed import TYPE_CHECKING
from arena_mpijob import plugin as mpi

if TYPE_CHECKING:
    from arena_core.contract.types import Build, Jobs, JobType, Manifest
    from arena_mpijob.deepspeed.args import DeepSpeedMPIArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = mpi.arena_related, mpi.arena_job_status, mpi.arena_explain
arena_preflight, arena_pod_sets, arena_endpoints = mpi.arena_preflight, mpi.arena_pod_sets, mpi.arena_endpoints

NAME = "deepspeed-mpijob"
SUMMARY = "training with DeepSpeed on an MPIJob: what deepspeedjob becomes where the et-operator is missing"


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return mpi.on_mpijobs(NAME, "arena_mpijob.deepspeed.args:DeepSpeedMPIArgs", SUMMARY, display="DeepSpeed on MPI", shorthand="dpmpi")


@hookimpl
def arena_build_manifests(args: DeepSpeedMPIArgs, jobs: Jobs, build: Build) -> Sequence[Manifest]:
    """Return the job and what belongs to it; the Training Operator's MPIJob has no ssh for DeepSpeed."""
    from arena_mpijob.deepspeed.manifests import build as made

    if build.resource.version == "v1":
        text = "this cluster has the Training Operator's MPIJob (v1), whose workers have no ssh, by which DeepSpeed reaches them"
        raise InvalidArguments([Problem(text, "", "have the MPI Operator (v2beta1) installed in its place")])
    return made(args)
