"""The hooks of the job type ``seldon-serving``. Reading commands load this module and what reads SeldonDeployments, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.typed import TYPE_CHECKING
from arena_serve import names
from arena_serve.deployed import arena_preflight
from arena_serve.hooks import hooks_of
from arena_serve.reading import is_a
from arena_serve.seldon import reading

if TYPE_CHECKING:
    from arena_core.contract.types import Manifest, PodSet
    from arena_serve.seldon.args import SeldonArgs
    from arena_serve.seldon.update import SeldonUpdateArgs

__all__ = ["arena_preflight"]
#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_job_status, arena_endpoints, arena_explain = hooks_of(reading)


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


@hookimpl
def arena_build_manifests(args: SeldonArgs) -> Sequence[Manifest]:
    """Return the SeldonDeployment and what belongs to it."""
    from arena_serve.seldon.manifests import build

    return build(args)


@hookimpl
def arena_update(job: Manifest, args: SeldonUpdateArgs) -> Manifest:
    """Return the live SeldonDeployment with what is to change."""
    from arena_serve.seldon.update import updated

    return updated(job, args)


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return the one set of pods."""
    return reading.pod_sets(job)
