"""The hooks of the job type ``tfjob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Resource, Wrapping
from arena_core.families import hooks, kueue
from arena_core.families.kubeflow import PROVIDER
from arena_core.typed import TYPE_CHECKING
from arena_tfjob.status import KIND

if TYPE_CHECKING:
    pass

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = hooks.reading(KIND)
arena_endpoints = hooks.arena_endpoints
arena_build_manifests = hooks.building("arena_tfjob.manifests:build")
arena_preflight = hooks.preflight(hooks.COMMON, "arena_tfjob.preflight:name_problems")
arena_pod_sets = hooks.pod_sets(KIND.pod_sets)
#: Each has resources of its own; what a wrapper is given for every pod goes to all of them.
ROLES = ("worker", "ps", "chief", "evaluator")


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="tfjob",
        resource=Resource("kubeflow.org", "v1", "TFJob", "tfjobs"),
        args="arena_tfjob.args:TFJobArgs",
        summary="distributed TensorFlow training with the Kubeflow Training Operator",
        display="Tensorflow",
        shorthand="tf",
        selectors=KIND.selectors,
        container=KIND.container,
        wrapping=Wrapping(shared={size: tuple(f"{role}_{size}" for role in ROLES) for size in ("cpu", "memory")}),
        scale_check=lambda job: "TF_CONFIG names all its instances, and each reads it once",
        suspend_path="spec.runPolicy.suspend",
        suspend_check=kueue.decides,
        provider=PROVIDER,
        operator="training-operator",
    )
