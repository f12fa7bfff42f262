"""The hooks of the job type ``volcano-cron``: Volcano Jobs at times, on the CronJob of Volcano."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, PodSet
from arena_core.k8s import dig
from arena_core.typed import TYPE_CHECKING, Any
from arena_cron import reading
from arena_cron.hooks import arena_endpoints, hooks_of
from arena_cron.volcano.names import ONLY, RESOURCE

if TYPE_CHECKING:
    from arena_core.contract.schedules import Schedule
    from arena_core.contract.types import (
        JobHandle,
        Jobs,
        JobView,
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
SHARED = hooks_of(KIND)
arena_related = SHARED.related
arena_job_status = SHARED.job_status
arena_log_sources = SHARED.log_sources
arena_explain = SHARED.explain
arena_schedule = SHARED.schedule


@hookimpl
def arena_job_type() -> JobType:
    """Say what such a cron is."""
    return JobType(
        name="volcano-cron",
        resource=RESOURCE,
        args="arena_cron.volcano.manifests:model",
        summary="Volcano Jobs at times, on the CronJob of Volcano",
        display="VolcanoCron",
        shorthand="vccron",
        selectors=reading.selectors,
        workload="schedule",
        scale_check=lambda job: "a cron has no pods of its own",
        makes=(ONLY,),
        suspend_path="spec.suspend",
        provider="Volcano, from 1.13 on: https://volcano.sh",
        operator="vc-controller-manager",
    )


@hookimpl
def arena_build_manifests(args: ScheduleArgs, jobs: Jobs) -> Sequence[Manifest]:
    """Return the CronJob, and what its jobs share."""
    from arena_cron.volcano.manifests import build

    return build(args, jobs)


@hookimpl
def arena_validate(args: ScheduleArgs, jobs: Jobs) -> Iterable[Problem | Note]:
    """Return what the type of the jobs says of its arguments, and what Volcano cannot do."""
    from arena_cron.checks import volcano

    return volcano(args, jobs)


@hookimpl
def arena_preflight(args: ScheduleArgs, lookup: Lookup, jobs: Jobs) -> Iterable[Problem | Note]:
    """Return what the cluster lacks for the jobs."""
    from arena_cron.checks import preflight

    return preflight(args, lookup, jobs, ONLY)


@hookimpl
def arena_pod_sets(job: Manifest, purpose: str, jobs: Jobs) -> Sequence[PodSet]:
    """Return the pods of the job that it makes."""
    from arena_core.records import replace

    handle = handle_of(job, jobs)
    made = {"apiVersion": RESOURCE.api_version, "kind": "Job", **dig.mapping(job, "spec", "jobTemplate")}
    sets = handle.pod_sets(made, "wrap" if purpose == "wrap" else "quota") if handle else ()
    return [replace(one, path=f"spec.jobTemplate.{one.path}") for one in sets]


@hookimpl
def arena_run_now(view: JobView, called: str) -> Manifest:
    """Return the job that Volcano would make."""
    from arena_cron.volcano.manifests import child

    return child(view.manifest, called)
