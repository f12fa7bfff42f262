"""The hooks of the job type ``evaluatejob``. Reading commands load this module and what reads Jobs, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Wrapping
from arena_core.families import kueue, plainjob
from arena_core.families.plainhooks import (
    arena_endpoints,
    arena_explain,
    arena_job_status,
    arena_pod_sets,
    arena_preflight,
    arena_related,
)
from arena_core.k8s import dig
from arena_core.typed import TYPE_CHECKING
from arena_model.evaluate.names import APP

if TYPE_CHECKING:
    from arena_core.contract.types import Manifest
    from arena_model.evaluate.args import EvaluateJobArgs

__all__ = ["arena_endpoints", "arena_explain", "arena_job_status", "arena_pod_sets", "arena_preflight", "arena_related"]
#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name=APP,
        resource=plainjob.RESOURCE,
        args="arena_model.evaluate.args:EvaluateJobArgs",
        summary="a Job that evaluates a model with an image of your own",
        display="EvaluateJob",
        selectors=plainjob.selectors,
        matches=lambda job: dig.labels(job).get("app") == APP,
        container=APP,
        wrapping=Wrapping(failure_seen=True),
        scale_check=lambda job: "it is a job of one pod",
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
        provider="every Kubernetes has it",
    )


@hookimpl
def arena_build_manifests(args: EvaluateJobArgs) -> Sequence[Manifest]:
    """Return the Job and what belongs to it."""
    from arena_model.evaluate.manifests import build

    return build(args)
