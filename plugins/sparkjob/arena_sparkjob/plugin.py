"""The hooks of the job type ``sparkjob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Wrapping
from arena_core.families import hooks, kueue
from arena_core.k8s.selectors import exactly
from arena_core.typed import TYPE_CHECKING
from arena_sparkjob import status as state
from arena_sparkjob.names import CONTAINERS, DRIVER, RESOURCE

if TYPE_CHECKING:
    from arena_core.contract.types import Endpoint, Jobs, JobView

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = hooks.reading(state, unfetched=None)
arena_build_manifests = hooks.building("arena_sparkjob.manifests:build")
arena_preflight = hooks.preflight("arena_sparkjob.preflight:problems")
arena_pod_sets = hooks.pod_sets_for(state.pod_sets)


#: What a wrapper does not count.
INSIDE = (
    "an AppWrapper counts the driver of a SparkApplication alone, because executors come and go: a queue reserves nothing for them; "
    "and AppWrapper's operator needs rights on sparkapplications"
)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="sparkjob",
        resource=RESOURCE,
        args="arena_sparkjob.args:SparkJobArgs",
        summary="an application of Apache Spark: a driver and its executors, with the Spark operator",
        display="Spark",
        shorthand="spark",
        selectors=lambda job: exactly(state.pod_labels(job)),
        container=CONTAINERS[DRIVER],
        wrapping=Wrapping(warn=hooks.warning(INSIDE)),
        scale_check=lambda job: "the operator runs an application anew whose specification changes; Spark's dynamic allocation scales",
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
        provider="the Kubeflow Spark operator (sparkoperator.k8s.io/v1beta2): https://github.com/kubeflow/spark-operator",
        operator="spark-operator",
    )


@hookimpl
def arena_endpoints(view: JobView, jobs: Jobs) -> Iterable[Endpoint]:
    """Return Spark's own page."""
    return state.endpoints(view.manifest)
