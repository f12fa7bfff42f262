"""The hooks that all servers share which are Deployments; a type's module takes them over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.typed import TYPE_CHECKING
from arena_serve import reading
from arena_serve.hooks import hooks_of

if TYPE_CHECKING:
    from arena_core.contract.types import Lookup, Manifest, PodSet, Problem
    from arena_serve.args import ServerArgs

arena_job_status, arena_endpoints, arena_explain = hooks_of(reading)


@hookimpl
def arena_preflight(args: ServerArgs, lookup: Lookup) -> Iterable[Problem]:
    """Return what the cluster lacks: priority class, claims, Secrets, an autoscaler."""
    from arena_serve.preflight import problems

    return problems(args, lookup)


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return the one set of pods."""
    return reading.pod_sets(job)
