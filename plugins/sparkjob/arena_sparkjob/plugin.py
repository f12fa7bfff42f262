"""The hooks of the job type ``sparkjob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Note, Wrapping
from arena_core.families import hooks, kueue
from arena_core.k8s.selectors import exactly
from arena_core.typed import TYPE_CHECKING
from arena_sparkjob import status as state
from arena_sparkjob.names import CONTAINERS, DRIVER, RESOURCE

if TYPE_CHECKING:
    from arena_core.contract.types import Endpoint, Jobs, JobView, Lookup, Manifest, Manifests, PodSet, Problem
    from arena_sparkjob.args import SparkJobArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = hooks.reading(state, unfetched=None)


def _inside(args: SparkJobArgs) -> Sequence[Note]:
    """Say what a wrapper does not count."""
    text = (
        "an AppWrapper counts the driver of a SparkApplication alone, because executors come and go: a queue reserves nothing for them; "
        "and AppWrapper's operator needs rights on sparkapplications"
    )
    return (Note(text),)


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
        wrapping=Wrapping(warn=_inside),
        scale_check=lambda job: "the operator runs an application anew whose specification changes; Spark's dynamic allocation scales",
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
        provider="the Kubeflow Spark operator (sparkoperator.k8s.io/v1beta2): https://github.com/kubeflow/spark-operator",
        operator="spark-operator",
    )


@hookimpl
def arena_build_manifests(args: SparkJobArgs, jobs: Jobs) -> Manifests:
    """Return the account, the job and what belongs to it."""
    from arena_sparkjob.manifests import build

    return build(args)


@hookimpl
def arena_preflight(args: SparkJobArgs, lookup: Lookup, jobs: Jobs) -> Iterable[Problem]:
    """Return what the cluster lacks: account, queue, priority classes, claims; PodGroups are the operator's to make."""
    from arena_core.families import preflight
    from arena_sparkjob.preflight import account_problems

    common = (preflight.queue_problems, preflight.priority_problems, preflight.claim_problems, preflight.env_problems)
    return [*(problem for ask in common for problem in ask(args, lookup)), *account_problems(args, lookup)]


@hookimpl
def arena_pod_sets(job: Manifest, purpose: str) -> Sequence[PodSet]:
    """Return the driver, by whose end a wrapper knows the job's; for quota the executors, too."""
    return state.pod_sets(job, purpose)


@hookimpl
def arena_endpoints(view: JobView, jobs: Jobs) -> Iterable[Endpoint]:
    """Return Spark's own page."""
    return state.endpoints(view.manifest)
