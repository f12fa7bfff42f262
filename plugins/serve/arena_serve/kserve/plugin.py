"""The hooks of the job type ``kserve``. Reading commands load this module and what reads InferenceServices, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.typed import TYPE_CHECKING
from arena_serve import names
from arena_serve.hooks import hooks_of
from arena_serve.kserve import reading
from arena_serve.kserve.names import CONTAINER, RESOURCE
from arena_serve.reading import is_a

if TYPE_CHECKING:
    from arena_core.contract.types import Lookup, Manifest, PodSet, Problem
    from arena_serve.kserve.args import KServeArgs
    from arena_serve.kserve.update import KServeUpdateArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
NAME = "kserve"
arena_job_status, arena_endpoints, arena_explain = hooks_of(reading)


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
def arena_build_manifests(args: KServeArgs) -> Sequence[Manifest]:
    """Return the InferenceService and what belongs to it."""
    from arena_serve.kserve.manifests import build

    return build(args)


@hookimpl
def arena_preflight(args: KServeArgs, lookup: Lookup) -> Iterable[Problem]:
    """Return what the cluster lacks: claims, Secrets, an autoscaler, who reads metrics."""
    from arena_serve.kserve.preflight import problems

    return problems(args, lookup)


@hookimpl
def arena_update(job: Manifest, args: KServeUpdateArgs) -> Manifest:
    """Return the live InferenceService with what is to change."""
    from arena_serve.kserve.update import updated

    return updated(job, args)


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return nothing: KServe makes the pod templates, the predictor is none."""
    return ()
