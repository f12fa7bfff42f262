"""The hooks of types that make a Job of plain Kubernetes: they follow from how such a Job is read. Reading commands load this."""

from __future__ import annotations

from arena_core.families import hooks, plainjob
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    pass

__all__ = ["arena_endpoints", "arena_explain", "arena_job_status", "arena_pod_sets", "arena_preflight", "arena_related"]

arena_related, arena_job_status, arena_explain = hooks.reading(plainjob, unfetched=None)
arena_endpoints = hooks.arena_endpoints
arena_preflight = hooks.preflight(hooks.COMMON)
arena_pod_sets = hooks.pod_sets(plainjob.pod_sets)
