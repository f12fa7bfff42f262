"""The hooks of the job type ``kserve``. Reading commands load this module and what reads InferenceServices, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.families import hooks
from arena_core.typed import TYPE_CHECKING
from arena_serve import names
from arena_serve.hooks import hooks_of
from arena_serve.kserve import reading
from arena_serve.kserve.names import CONTAINER, RESOURCE
from arena_serve.reading import is_a

if TYPE_CHECKING:
    from arena_core.contract.types import Manifest, PodSet

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
NAME = "kserve"
arena_job_status, arena_endpoints, arena_explain = hooks_of(reading)
arena_build_manifests = hooks.building("arena_serve.kserve.manifests:build")
arena_update = hooks.updating("arena_serve.kserve.update:updated")
arena_preflight = hooks.preflight("arena_serve.kserve.preflight:problems")


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name=NAME,
        resource=RESOURCE,
        args="arena_serve.kserve.args:KServeArgs",
        summary="a server of KServe: a model of a known format, or an image of your own",
        display="KServe",
        shorthand="kserve",
        selectors=reading.selectors,
        listed_by=names.SERVERS,
        matches=lambda job: is_a(job, NAME),
        leads=False,
        container=CONTAINER,
        workload="service",
        scale_check=lambda job: "KServe itself decides how many instances it has, within its bounds",
        update="arena_serve.kserve.update:KServeUpdateArgs",
        provider="it comes with KServe",
        operator="kserve-controller-manager",
    )


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return nothing: KServe makes the pod templates, the predictor is none."""
    return ()
