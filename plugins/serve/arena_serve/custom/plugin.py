"""The hooks of the job type ``custom-serving``. Reading commands load this module and what reads Deployments, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.typed import TYPE_CHECKING
from arena_serve import names, reading
from arena_serve.deployed import arena_endpoints, arena_explain, arena_job_status, arena_pod_sets, arena_preflight

if TYPE_CHECKING:
    from arena_core.contract.types import Manifest
    from arena_serve.custom.args import CustomArgs
    from arena_serve.update import UpdateArgs

__all__ = ["arena_endpoints", "arena_explain", "arena_job_status", "arena_pod_sets", "arena_preflight"]
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
    from arena_serve.form import Form, Start

    return build(args, Form(NAME, NAME, NAME, f"{NAME}-0.11.0"), Start(ports=args.ports))


@hookimpl
def arena_update(job: Manifest, args: UpdateArgs) -> Manifest:
    """Return the live Deployment with what is to change."""
    from arena_serve.update import updated

    return updated(job, args, NAME)
