"""The hooks of the job type ``trainjob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Wrapping
from arena_core.families import hooks, kueue
from arena_core.k8s.selectors import exactly
from arena_core.typed import TYPE_CHECKING
from arena_trainjob import status as state
from arena_trainjob.names import NODE, RESOURCE

if TYPE_CHECKING:
    from arena_core.contract.types import (
        Jobs,
        JobView,
        LogQuery,
        LogSource,
    )

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_endpoints = hooks.arena_endpoints
arena_related, arena_job_status, arena_explain = hooks.reading(state, unfetched=None, explain="arena_trainjob.explain:explain")
arena_build_manifests = hooks.building("arena_trainjob.manifests:build")
arena_preflight = hooks.preflight(hooks.COMMON, "arena_trainjob.preflight:runtime_problems")
arena_pod_sets = hooks.pod_sets_for(state.pod_sets)


#: What a wrapper does not see.
INSIDE = (
    "an AppWrapper sees only labels and volumes of a TrainJob's pods, for the rest is the runtime's: a queue reserves nothing for it "
    "(arena submit trainjob --kueue-queue does), and a failure is noticed late where the runtime's pods restart"
)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="trainjob",
        resource=RESOURCE,
        args="arena_trainjob.args:TrainJobArgs",
        summary="training on a prepared runtime (torch, JAX, DeepSpeed ...), with Kubeflow Trainer v2",
        display="TrainJob",
        shorthand="train",
        selectors=lambda job: exactly(state.pod_labels(job)),
        container=NODE,
        wrapping=Wrapping(warn=hooks.warning(INSIDE)),
        scale_check=lambda job: "its pods are those of a JobSet, and the JobSet controller lets nobody change their number",
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
        provider="Kubeflow Trainer v2 (trainer.kubeflow.org/v1alpha1), which needs JobSet: https://www.kubeflow.org/docs/components/trainer/",
        operator="trainer-controller-manager",
    )


@hookimpl
def arena_log_sources(view: JobView, query: LogQuery, jobs: Jobs) -> Sequence[LogSource]:
    """Return where the logs are: the first node's, unless a deadline has taken all pods away."""
    from arena_core.podstatus import default_log_sources
    from arena_trainjob.explain import lost_log

    told = view.status or state.status(view.manifest, view.pods, view.related or ())
    lost = lost_log(view.manifest, view.pods)
    return lost or default_log_sources(told.instances, view.pods or (), query, NODE, replicas=told.replicas)
