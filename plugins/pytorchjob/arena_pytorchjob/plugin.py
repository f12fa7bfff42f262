"""The hooks of the job type ``pytorchjob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Resource, Wrapping
from arena_core.families import hooks, kueue
from arena_core.families.kubeflow import PROVIDER
from arena_core.typed import TYPE_CHECKING
from arena_pytorchjob import status as state
from arena_pytorchjob.status import KIND

if TYPE_CHECKING:
    from arena_core.contract.types import Jobs, Lookup, Manifest, PodSet, Problem
    from arena_pytorchjob.args import PyTorchJobArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = hooks.reading(KIND)
arena_endpoints = hooks.arena_endpoints


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


@hookimpl
def arena_build_manifests(args: PyTorchJobArgs, jobs: Jobs) -> Sequence[Manifest]:
    """Return the job and what belongs to it."""
    from arena_pytorchjob.manifests import build

    return build(args)


@hookimpl
def arena_preflight(args: PyTorchJobArgs, lookup: Lookup, jobs: Jobs) -> Iterable[Problem]:
    """Return what the cluster lacks (queue, priority classes, gangs, claims), and what has the names that the pods need."""
    from arena_core.families.preflight import common_problems, pod_name_problems
    from arena_pytorchjob.manifests import build

    job = build(args)[0]
    return [*common_problems(args, lookup), *pod_name_problems(job, KIND.first_pods(job), lookup)]


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return master and workers."""
    return KIND.pod_sets(job)
