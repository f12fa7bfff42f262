"""The hooks of the job type ``distributed-serving``. Reading commands load this module and what reads LeaderWorkerSets, nothing else."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.families import hooks
from arena_core.typed import TYPE_CHECKING
from arena_serve import names
from arena_serve.deployed import arena_preflight
from arena_serve.distributed import reading
from arena_serve.distributed.names import CONTAINERS, LEADER, RESOURCE
from arena_serve.hooks import hooks_of
from arena_serve.reading import is_a, selectors

if TYPE_CHECKING:
    pass

__all__ = ["arena_preflight"]
#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
NAME = "distributed-serving"
arena_job_status, arena_endpoints, arena_explain = hooks_of(reading)
arena_build_manifests = hooks.building("arena_serve.distributed.manifests:build")
arena_update = hooks.updating("arena_serve.distributed.update:updated")
arena_pod_sets = hooks.pod_sets(reading.pod_sets)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name=NAME,
        resource=RESOURCE,
        args="arena_serve.distributed.args:DistributedArgs",
        summary="a server of several pods that hold one model together (a LeaderWorkerSet)",
        display="Distributed",
        shorthand="distributed",
        selectors=selectors,
        listed_by=names.SERVERS,
        matches=lambda job: is_a(job, NAME),
        container=CONTAINERS[LEADER],
        workload="service",
        scale=reading.scale,
        update="arena_serve.distributed.update:DistributedUpdateArgs",
        provider="it comes with LeaderWorkerSet (kubernetes-sigs/lws)",
        operator="lws-controller-manager",
    )
