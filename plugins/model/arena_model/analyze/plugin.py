"""The hooks of the job type ``modeljob``. Reading commands load this module and what reads Jobs, nothing else."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.families import hooks
from arena_core.families import plainhooks as plain
from arena_core.typed import TYPE_CHECKING
from arena_model.analyze.names import APP
from arena_model.jobtype import of_one_pod

if TYPE_CHECKING:
    from arena_core.contract.types import JobType

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = plain.arena_related, plain.arena_job_status, plain.arena_explain
arena_preflight, arena_pod_sets, arena_endpoints = plain.arena_preflight, plain.arena_pod_sets, plain.arena_endpoints
arena_build_manifests = hooks.building("arena_model.analyze.manifests:build")


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return of_one_pod(
        APP,
        args="arena_model.analyze.args:ModelJobArgs",
        display="ModelJob",
        summary="a Job that profiles, optimizes, benchmarks or evaluates a model",
    )
