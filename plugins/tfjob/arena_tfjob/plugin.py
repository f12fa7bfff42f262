"""The hooks of the job type ``tfjob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Resource, Wrapping
from arena_core.families import hooks, kueue
from arena_core.families.kubeflow import PROVIDER
from arena_core.typed import TYPE_CHECKING
from arena_tfjob.status import KIND

if TYPE_CHECKING:
    from arena_core.contract.types import Jobs, Lookup, Manifest, PodSet, Problem
    from arena_tfjob.args import TFJobArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = hooks.reading(KIND)
arena_endpoints = hooks.arena_endpoints
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


@hookimpl
def arena_build_manifests(args: TFJobArgs, jobs: Jobs) -> Sequence[Manifest]:
    """Return the job and what belongs to it."""
    from arena_tfjob.manifests import build

    return build(args)


@hookimpl
def arena_preflight(args: TFJobArgs, lookup: Lookup, jobs: Jobs) -> Iterable[Problem]:
    """Return what the cluster lacks (queue, priority classes, gangs, claims), and what has the names that the pods need."""
    from arena_core.families.preflight import common_problems, pod_name_problems
    from arena_tfjob.manifests import build

    job = build(args)[0]
    return [*common_problems(args, lookup), *pod_name_problems(job, KIND.first_pods(job), lookup)]


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return one set for each role."""
    return KIND.pod_sets(job)
