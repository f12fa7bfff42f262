"""The hooks of the job type ``triton-serving``."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.typed import TYPE_CHECKING
from arena_serve import names, reading
from arena_serve.deployed import arena_endpoints, arena_explain, arena_job_status, arena_pod_sets, arena_preflight

if TYPE_CHECKING:
    from arena_core.contract.types import Manifest
    from arena_serve.triton.args import TritonArgs
    from arena_serve.triton.update import TritonUpdateArgs

__all__ = ["arena_endpoints", "arena_explain", "arena_job_status", "arena_pod_sets", "arena_preflight"]
#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
NAME, CONTAINER = "triton-serving", "tritonserver"


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name=NAME,
        resource=reading.RESOURCE,
        args="arena_serve.triton.args:TritonArgs",
        summary="a Triton Inference Server",
        display="Triton",
        shorthand="triton",
        selectors=reading.selectors,
        listed_by=names.SERVERS,
        matches=lambda job: reading.is_a(job, NAME),
        leads=False,
        container=CONTAINER,
        workload="service",
        scale=reading.scale,
        update="arena_serve.triton.update:TritonUpdateArgs",
        provider="every Kubernetes has it",
    )


@hookimpl
def arena_build_manifests(args: TritonArgs) -> Sequence[Manifest]:
    """Return the Deployment and what belongs to it."""
    from arena_serve.deployment import build
    from arena_serve.form import Form
    from arena_serve.triton.args import IMAGES

    app = "tritoninferenceserver"
    filled = args if args.image else args.model_copy(update={"image": IMAGES[args.backend]})
    return build(filled, Form(NAME, app, CONTAINER, f"{app}-0.3.0", own_service=True), args.start)


@hookimpl
def arena_update(job: Manifest, args: TritonUpdateArgs) -> Manifest:
    """Return the live Deployment with what is to change."""
    from arena_serve.update import updated, with_options

    new = with_options(updated(job, args, CONTAINER), CONTAINER, args.options())
    return args.with_port(new, CONTAINER)
