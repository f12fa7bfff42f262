"""The hooks of the job type ``hello``. `arena list` imports this module, so the argument model is imported inside the hooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Cause, Endpoint, Find, JobStatus, JobType, JobView, Lookup, Manifest, Note, PodSet, Problem, Wrapping
from arena_core.families import kueue, plainjob
from arena_core.k8s import dig

if TYPE_CHECKING:
    from arena_hello.args import HelloArgs

#: The version of the contract that this module is written for: read before anything else of it.
ARENA_CONTRACT = 2


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="hello",
        resource=plainjob.RESOURCE,
        args="arena_hello.args:HelloArgs",
        summary="pods with a number each, on a Job of plain Kubernetes",
        selectors=plainjob.selectors,
        wrapping=Wrapping(failure_seen=True),
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
        scale=plainjob.scale,
        scale_check=kueue.sized,
        # Other types make Jobs, too: this says which of them are ours.
        matches=lambda job: dig.labels(job).get("app") == "hello",
    )


@hookimpl
def arena_build_manifests(args: HelloArgs) -> Sequence[Manifest]:
    """Return the job and what belongs to it."""
    from arena_hello.manifests import build

    return build(args)


@hookimpl
def arena_preflight(args: HelloArgs, lookup: Lookup) -> Iterable[Problem | Note]:
    """Return what the cluster lacks: queue, priority classes, claims."""
    from arena_core.families.preflight import common_problems

    return common_problems(args, lookup)


@hookimpl
def arena_related(view: JobView) -> Iterable[Find]:
    """Name what status and reasons need besides the pods: what queues the job."""
    return plainjob.related(view.manifest)


@hookimpl
def arena_job_status(view: JobView) -> JobStatus:
    """Say what the job is doing."""
    return plainjob.status(view.manifest, view.pods, view.related or ())


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return the one set of pods."""
    return plainjob.pod_sets(job)


@hookimpl
def arena_endpoints(view: JobView) -> Iterable[Endpoint]:
    """Return the job's TensorBoard."""
    from arena_core.families.tensorboard import endpoints

    return endpoints(view.manifest)


@hookimpl
def arena_explain(view: JobView) -> Iterable[Cause]:
    """Say in plain words why the job is not running."""
    return plainjob.explain(view.manifest, view.pods, view.related or ())
