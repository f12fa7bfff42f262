"""The hooks of the job type ``deepspeedjob``: an ETJob's, but for what it is called and built of."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.typed import TYPE_CHECKING
from arena_etjob import plugin as et
from arena_etjob import shared
from arena_etjob.names import DEEPSPEED

if TYPE_CHECKING:
    from arena_core.contract.types import JobType

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_preflight, arena_related, arena_job_status = et.arena_preflight, et.arena_related, et.arena_job_status
arena_pod_sets, arena_endpoints, arena_explain = et.arena_pod_sets, et.arena_endpoints, et.arena_explain
arena_build_manifests = et.arena_build_manifests

SUMMARY = "training with DeepSpeed: a launcher that starts it on the workers, with the et-operator or the MPI Operator"


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return shared.job_type(
        DEEPSPEED, "arena_etjob.deepspeed.args:DeepSpeedJobArgs", SUMMARY, "DeepSpeed", "dp", otherwise="deepspeed-mpijob"
    )
