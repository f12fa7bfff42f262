"""What all servers share which are Deployments: their hooks, which a type's module takes over, and what they say of themselves."""

from __future__ import annotations

from arena_core.contract.types import JobType
from arena_core.families import hooks
from arena_serve import names, reading
from arena_serve.hooks import hooks_of

arena_job_status, arena_endpoints, arena_explain = hooks_of(reading)
arena_preflight = hooks.preflight("arena_serve.preflight:problems")
arena_pod_sets = hooks.pod_sets(reading.pod_sets)


def on_deployments(name: str, container: str, summary: str, *, args: str, update: str, display: str, shorthand: str) -> JobType:
    """Return what such a type says of itself; ``args`` and ``update`` are where its classes of arguments stand."""
    return JobType(
        name=name,
        resource=reading.RESOURCE,
        args=args,
        summary=summary,
        display=display,
        shorthand=shorthand,
        selectors=reading.selectors,
        listed_by=names.SERVERS,
        matches=lambda job: reading.is_a(job, name),
        leads=False,
        container=container,
        workload="service",
        scale=reading.scale,
        update=update,
        provider="every Kubernetes has it",
    )
