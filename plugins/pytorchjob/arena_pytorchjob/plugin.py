"""The hooks of the job type ``pytorchjob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Resource, Wrapping
from arena_core.families import hooks, kueue
from arena_core.families.kubeflow import PROVIDER
from arena_core.typed import TYPE_CHECKING
from arena_pytorchjob import status as state
from arena_pytorchjob.status import KIND

if TYPE_CHECKING:
    pass

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = hooks.reading(KIND)
arena_endpoints = hooks.arena_endpoints
arena_build_manifests = hooks.building("arena_pytorchjob.manifests:build")
arena_preflight = hooks.preflight(hooks.COMMON, "arena_pytorchjob.preflight:name_problems")
arena_pod_sets = hooks.pod_sets(KIND.pod_sets)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="pytorchjob",
        resource=Resource("kubeflow.org", "v1", "PyTorchJob", "pytorchjobs"),
        args="arena_pytorchjob.args:PyTorchJobArgs",
        summary="distributed PyTorch training with the Kubeflow Training Operator",
        display="Pytorch",
        shorthand="py",
        selectors=KIND.selectors,
        container=KIND.container,
        wrapping=Wrapping(usual=True, failure_seen=True),
        scale=state.scale,
        scale_check=state.scale_check,
        suspend_path="spec.runPolicy.suspend",
        suspend_check=kueue.decides,
        provider=PROVIDER,
        operator="training-operator",
    )
