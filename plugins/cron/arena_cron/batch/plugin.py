"""The hooks of the job type ``cron``: jobs of any type at times, on a CronJob of plain Kubernetes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Find, JobType, PodSet, Resource
from arena_core.families import plainjob
from arena_core.families.batch import pods_of_job
from arena_core.k8s import dig
from arena_core.typed import TYPE_CHECKING, Any
from arena_cron import names, reading
from arena_cron.hooks import arena_endpoints, arena_preflight, hooks_of

if TYPE_CHECKING:
    from arena_core.contract.schedules import Schedule
    from arena_core.contract.types import Jobs, JobView, Manifest, Note, Problem
    from arena_cron.args import BatchCronArgs

__all__ = ["arena_endpoints", "arena_preflight"]
#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

RESOURCE = Resource("batch", "v1", "CronJob", "cronjobs")
#: Where the pods of a CronJob come from.
TEMPLATE = "spec.jobTemplate.spec.template"


def schedule(cron: Any) -> Schedule:
    """Return what the cron says of itself: its annotations come before the fields, which may be those of what makes the jobs."""
    from arena_core.contract.schedules import Schedule

    said = dig.mapping(cron, "metadata", "annotations")
    keeps = dig.text(said, names.KEEPS)
    return Schedule(
        text=dig.text(cron, "spec", "schedule"),
        job_type=dig.text(said, names.TYPE),
        time_zone=dig.text(cron, "spec", "timeZone"),
        suspended=dig.flag(cron, "spec", "suspend"),
        concurrency=dig.text(said, names.POLICY) or dig.text(cron, "spec", "concurrencyPolicy") or "Allow",
        deadline=dig.text(said, names.DEADLINE),
        keeps=int(keeps) if keeps.isascii() and keeps.isdigit() and len(keeps) < 10 else None,
        last=dig.text(cron, "status", "lastScheduleTime"),
    )


KIND = reading.Kind(reading.by_name, schedule)
SHARED = hooks_of(KIND)
arena_job_status = SHARED.job_status
arena_log_sources = SHARED.log_sources
arena_explain = SHARED.explain
arena_schedule = SHARED.schedule


def has_runner(cron: Any) -> bool:
    """Whether a pod makes the jobs, and not the CronJob itself."""
    return any(
        dig.text(row, "name") == "ARENA_CRON"
        for c in dig.items(cron, *TEMPLATE.split("."), "spec", "containers")
        for row in dig.items(c, "env")
    )


@hookimpl
def arena_job_type() -> JobType:
    """Say what a cron is."""
    return JobType(
        name="cron",
        resource=RESOURCE,
        args="arena_cron.batch.args:model",
        summary="jobs of any type at times, on a CronJob of plain Kubernetes",
        display="Cron",
        shorthand="cron",
        selectors=reading.selectors,
        workload="schedule",
        suspend_path="spec.suspend",
        scale_check=lambda job: "a cron has no pods of its own",
        listed_by=f"{names.CREATED_BY}={names.CREATOR}",
        matches=lambda job: bool(dig.text(job, "metadata", "annotations", names.TYPE)),
        provider="every Kubernetes has it",
    )


@hookimpl
def arena_build_manifests(args: BatchCronArgs, jobs: Jobs) -> Sequence[Manifest]:
    """Return the CronJob and what belongs to it."""
    from arena_cron.batch.manifests import build

    return build(args, jobs)


@hookimpl
def arena_validate(args: BatchCronArgs, jobs: Jobs) -> Iterable[Problem | Note]:
    """Return what the type of the jobs says of its arguments."""
    from arena_cron.checks import validate

    return validate(args, jobs)


@hookimpl
def arena_related(view: JobView, jobs: Jobs) -> Iterable[Find]:
    """Name the jobs that it has made, and where a pod makes them, the Jobs of that pod."""
    yield from SHARED.related(view, jobs)
    if has_runner(view.manifest):
        yield Find(plainjob.RESOURCE, owner_uid=dig.text(view.manifest, "metadata", "uid"))


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return the pods of a Job that stands in the CronJob itself; those of a job that a pod makes are nowhere in it."""
    if not dig.mapping(job, *TEMPLATE.split(".")) or has_runner(job):
        return []
    return [PodSet("worker", TEMPLATE, pods_of_job(dig.dig(job, "spec", "jobTemplate", "spec")))]


@hookimpl
def arena_run_now(view: JobView, called: str) -> Manifest:
    """Return the Job that the CronJob would make, whatever its policy."""
    from arena_cron.batch.now import job_of

    return job_of(view.manifest, called)
