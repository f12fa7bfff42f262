"""The hooks that all servers share which are Deployments; a type's module takes them over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.typed import TYPE_CHECKING
from arena_serve import reading

if TYPE_CHECKING:
    from arena_core.contract.types import Cause, Endpoint, JobStatus, JobView, Lookup, Manifest, PodSet, Problem
    from arena_serve.args import ServerArgs


@hookimpl
def arena_preflight(args: ServerArgs, lookup: Lookup) -> Iterable[Problem]:
    """Return what the cluster lacks: priority class, claims, Secrets, an autoscaler."""
    from arena_serve.preflight import problems

    return problems(args, lookup)


@hookimpl
def arena_job_status(view: JobView) -> JobStatus:
    """Say whether it serves."""
    return reading.status(view.manifest, view.pods or ())


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return the one set of pods."""
    return reading.pod_sets(job)


@hookimpl
def arena_endpoints(view: JobView) -> Iterable[Endpoint]:
    """Return the ports that it serves."""
    return reading.endpoints(view.manifest)


@hookimpl
def arena_explain(view: JobView) -> Iterable[Cause]:
    """Say in plain words why it does not serve."""
    return reading.explain(view.manifest)
