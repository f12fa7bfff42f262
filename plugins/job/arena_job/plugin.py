"""The hooks of the job type ``job``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Wrapping
from arena_core.families import hooks, kueue, plainjob
from arena_core.families import plainhooks as plain
from arena_core.typed import TYPE_CHECKING
from arena_job.names import CONTAINER

if TYPE_CHECKING:
    pass

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = plain.arena_related, plain.arena_job_status, plain.arena_explain
arena_preflight, arena_pod_sets, arena_endpoints = plain.arena_preflight, plain.arena_pod_sets, plain.arena_endpoints
arena_build_manifests = hooks.building("arena_job.manifests:build")


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
