"""The hooks of the job type ``custom-serving``. Reading commands load this module and what reads Deployments, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_serve import names, reading

if TYPE_CHECKING:
    from arena_core.contract.types import Cause, Endpoint, JobStatus, JobView, Lookup, Manifest, PodSet, Problem
    from arena_serve.custom.args import CustomArgs
    from arena_serve.update import UpdateArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
NAME = "custom-serving"


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name=NAME,
        resource=reading.RESOURCE,
        args="arena_serve.custom.args:CustomArgs",
        summary="a server of your own: any image that listens on a port",
        display="Custom",
        shorthand="custom",
        selectors=reading.selectors,
        listed_by=names.SERVERS,
        matches=lambda job: reading.is_a(job, NAME),
        leads=False,
        container=NAME,
        workload="service",
        scale=reading.scale,
        update="arena_serve.update:UpdateArgs",
        provider="every Kubernetes has it",
    )


@hookimpl
def arena_build_manifests(args: CustomArgs) -> Sequence[Manifest]:
    """Return the Deployment and what belongs to it."""
    from arena_serve.deployment import build

    return build(args, NAME, NAME, args.ports, f"{NAME}-0.11.0")


@hookimpl
def arena_update(job: Manifest, args: UpdateArgs) -> Manifest:
    """Return the live Deployment with what is to change."""
    from arena_serve.update import updated

    return updated(job, args, NAME)


@hookimpl
def arena_preflight(args: CustomArgs, lookup: Lookup) -> Iterable[Problem]:
    """Return what the cluster lacks: priority class, claims, Secrets."""
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
