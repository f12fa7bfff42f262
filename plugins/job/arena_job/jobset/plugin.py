"""The hooks of the job type ``jobset``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Note, Wrapping
from arena_core.families import hooks, kueue
from arena_core.k8s.selectors import exactly
from arena_core.typed import TYPE_CHECKING
from arena_job.jobset import status as state
from arena_job.jobset.names import RESOURCE
from arena_job.names import CONTAINER

if TYPE_CHECKING:
    from arena_job.jobset.args import JobSetArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_endpoints = hooks.arena_endpoints
arena_related, arena_job_status, arena_explain = hooks.reading(state, unfetched=None, explain="arena_job.jobset.explain:explain")
arena_build_manifests = hooks.building("arena_job.jobset.manifests:build")
arena_preflight = hooks.preflight(hooks.COMMON, "arena_job.jobset.preflight:name_problems")
arena_pod_sets = hooks.pod_sets(state.pod_sets)


def _inside(args: JobSetArgs) -> Sequence[Note]:
    """Say where the operator of an AppWrapper takes a success for a failure."""
    if not args.ends_early:
        return ()
    text = (
        "the job succeeds while some of its pods still run, and the AppWrapper counts those as failed: its own state will be "
        "Failed although the job has succeeded (arena submit jobset --kueue-queue queues it without an AppWrapper)"
    )
    return (Note(text),)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="jobset",
        resource=RESOURCE,
        args="arena_job.jobset.args:JobSetArgs",
        summary="several Jobs that start, fail and end as one, with JobSet",
        display="JobSet",
        shorthand="js",
        selectors=lambda job: exactly(state.pod_labels(job)),
        # Which role leads depends on the JobSet; ``state.leader`` says it.
        container=CONTAINER,
        wrapping=Wrapping(warn=_inside),
        scale_check=lambda job: "the JobSet controller lets nobody change its replicated jobs",
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
        provider="JobSet (jobset.x-k8s.io/v1alpha2): https://jobset.sigs.k8s.io",
        operator="jobset",
    )
