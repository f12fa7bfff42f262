"""The hooks of types that make a Job of plain Kubernetes: they follow from how such a Job is read. Reading commands load this."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.families import plainjob
from arena_core.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena_core.contract.types import Cause, Endpoint, Find, JobStatus, JobView, Lookup, Manifest, PodSet, Problem


@hookimpl
def arena_preflight(args: Any, lookup: Lookup) -> Iterable[Problem]:
    """Return what the cluster lacks: queue, priority classes, gangs, claims."""
    from arena_core.families.preflight import common_problems

    return common_problems(args, lookup)


@hookimpl
def arena_related(view: JobView) -> Iterable[Find]:
    """Name what status and reasons need besides the pods."""
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
    return plainjob.explain(view.manifest, view.pods or (), view.related or ())
