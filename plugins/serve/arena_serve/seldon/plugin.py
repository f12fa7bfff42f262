"""The hooks of the job type ``seldon-serving``. Reading commands load this module and what reads SeldonDeployments, nothing else."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.families import hooks
from arena_core.typed import TYPE_CHECKING
from arena_serve import names
from arena_serve.deployed import arena_preflight
from arena_serve.hooks import hooks_of
from arena_serve.reading import is_a
from arena_serve.seldon import reading

if TYPE_CHECKING:
    pass

__all__ = ["arena_preflight"]
#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_job_status, arena_endpoints, arena_explain = hooks_of(reading)
arena_build_manifests = hooks.building("arena_serve.seldon.manifests:build")
arena_update = hooks.updating("arena_serve.seldon.update:updated")
arena_pod_sets = hooks.pod_sets(reading.pod_sets)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name=reading.KIND,
        resource=reading.RESOURCE,
        args="arena_serve.seldon.args:SeldonArgs",
        summary="a server of Seldon Core: a model for one of its servers, or an image of your own",
        display="Seldon",
        shorthand="seldon",
        selectors=reading.selectors,
        listed_by=names.SERVERS,
        matches=lambda job: is_a(job, reading.KIND),
        leads=False,
        container=reading.CONTAINER,
        workload="service",
        scale=reading.scale,
        update="arena_serve.seldon.update:SeldonUpdateArgs",
        provider="it comes with Seldon Core 1, which the local cluster does not run",
        operator="seldon-controller-manager",
    )
