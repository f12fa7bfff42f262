"""The hooks of the job type ``volcano-cron``: Volcano Jobs at times, on the CronJob of Volcano."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, PodSet
from arena_core.k8s import dig
from arena_core.records import replace
from arena_core.typed import TYPE_CHECKING, Any
from arena_cron import reading
from arena_cron.hooks import arena_endpoints, building, hooks_of, job_type, running, validating
from arena_cron.volcano.names import ONLY, RESOURCE

if TYPE_CHECKING:
    from arena_core.contract.schedules import Schedule
    from arena_core.contract.types import (
        JobHandle,
        Jobs,
        Lookup,
        Manifest,
        Note,
        Problem,
    )
    from arena_cron.args import ScheduleArgs

__all__ = ["arena_endpoints"]
#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2


def handle_of(cron: Any, jobs: Jobs) -> JobHandle | None:
    """Return the type of its jobs, where it is installed."""
    return jobs.get(ONLY) if ONLY in jobs.names() else None


def schedule(cron: Any) -> Schedule:
    """Return what the CronJob says of itself."""
    from arena_core.contract.schedules import Schedule

    keeps = dig.dig(cron, "spec", "successfulJobsHistoryLimit")
    return Schedule(
        text=dig.text(cron, "spec", "schedule"),
        job_type=ONLY,
        time_zone=dig.text(cron, "spec", "timeZone"),
        suspended=dig.flag(cron, "spec", "suspend"),
        concurrency=dig.text(cron, "spec", "concurrencyPolicy") or "Allow",
        keeps=keeps if isinstance(keeps, int) and not isinstance(keeps, bool) else None,
        last=dig.text(cron, "status", "lastScheduleTime"),
    )


KIND = reading.Kind(handle_of, schedule)
arena_related, arena_job_status, arena_log_sources, arena_explain, arena_schedule = hooks_of(KIND)
arena_build_manifests = building("arena_cron.volcano.manifests:build")
arena_validate = validating("volcano")
arena_run_now = running("arena_cron.volcano.manifests:child")

ARGS, SUMMARY = "arena_cron.volcano.manifests:model", "Volcano Jobs at times, on the CronJob of Volcano"
PROVIDER = "Volcano, from 1.13 on: https://volcano.sh"


@hookimpl
def arena_job_type() -> JobType:
    """Say what such a cron is."""
    return replace(
        job_type("volcano-cron", RESOURCE, ARGS, SUMMARY, display="VolcanoCron", shorthand="vccron", provider=PROVIDER),
        makes=(ONLY,),
        operator="vc-controller-manager",
    )


@hookimpl
def arena_preflight(args: ScheduleArgs, lookup: Lookup, jobs: Jobs) -> Iterable[Problem | Note]:
    """Return what the cluster lacks for the jobs."""
    from arena_cron.checks import preflight

    return preflight(args, lookup, jobs, ONLY)


@hookimpl
def arena_pod_sets(job: Manifest, purpose: str, jobs: Jobs) -> Sequence[PodSet]:
    """Return the pods of the job that it makes."""
    made = {"apiVersion": RESOURCE.api_version, "kind": "Job", **dig.mapping(job, "spec", "jobTemplate")}
    return reading.sets_inside(made, handle_of(job, jobs), purpose, "spec.jobTemplate")
