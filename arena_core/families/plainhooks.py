"""The hooks of types that make a Job of plain Kubernetes: they follow from how such a Job is read. Reading commands load this."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.families import hooks, plainjob
from arena_core.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena_core.contract.types import Lookup, Manifest, PodSet, Problem

__all__ = ["arena_endpoints", "arena_explain", "arena_job_status", "arena_pod_sets", "arena_preflight", "arena_related"]

arena_related, arena_job_status, arena_explain = hooks.reading(plainjob, unfetched=None)
arena_endpoints = hooks.arena_endpoints


@hookimpl
def arena_preflight(args: Any, lookup: Lookup) -> Iterable[Problem]:
    """Return what the cluster lacks: queue, priority classes, gangs, claims."""
    from arena_core.families.preflight import common_problems

    return common_problems(args, lookup)


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return the one set of pods."""
    return plainjob.pod_sets(job)
