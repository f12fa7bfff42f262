"""The hooks of the job type ``tf-serving``. Reading commands load this module and what reads Deployments, nothing else."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.families import hooks
from arena_core.typed import TYPE_CHECKING
from arena_serve.deployed import arena_endpoints, arena_explain, arena_job_status, arena_pod_sets, arena_preflight, on_deployments
from arena_serve.names import TENSORFLOW, TENSORFLOW_CONTAINER

if TYPE_CHECKING:
    from arena_core.contract.types import JobType

__all__ = ["arena_endpoints", "arena_explain", "arena_job_status", "arena_pod_sets", "arena_preflight"]
#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_build_manifests = hooks.building("arena_serve.tensorflow.manifests:build")
arena_update = hooks.updating("arena_serve.tensorflow.update:changed")

ARGS, UPDATE = "arena_serve.tensorflow.args:TensorflowArgs", "arena_serve.tensorflow.update:TensorflowUpdateArgs"
SUMMARY = "a TensorFlow Serving"


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return on_deployments(TENSORFLOW, TENSORFLOW_CONTAINER, SUMMARY, args=ARGS, update=UPDATE, display="Tensorflow", shorthand="tf")
