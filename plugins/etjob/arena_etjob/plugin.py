"""The hooks of the job type ``etjob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.families import hooks
from arena_core.typed import TYPE_CHECKING
from arena_etjob import shared
from arena_etjob import status as state
from arena_etjob.names import ETJOB

if TYPE_CHECKING:
    from arena_core.contract.types import JobType

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_endpoints = hooks.arena_endpoints
arena_related, arena_job_status, arena_explain = hooks.reading(state, unfetched=None)
arena_build_manifests = hooks.building("arena_etjob.manifests:build")
arena_preflight = hooks.preflight(hooks.COMMON)
arena_pod_sets = hooks.pod_sets_for(state.pod_sets)

SUMMARY = "elastic training: workers come and go while it runs, with the et-operator"


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return shared.job_type(ETJOB, "arena_etjob.args:ETJobArgs", SUMMARY, "ElasticTraining", "et")
