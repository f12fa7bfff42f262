"""The hooks of the job type ``cron``: jobs of any type at times, on a CronJob of plain Kubernetes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Find, JobType, PodSet, Resource
from arena_core.families import plainjob
from arena_core.families.batch import pods_of_job
from arena_core.k8s import dig
from arena_core.records import replace
from arena_core.typed import TYPE_CHECKING, Any
from arena_cron import names, reading
from arena_cron.hooks import arena_endpoints, arena_preflight, building, hooks_of, job_type, running, validating

if TYPE_CHECKING:
    from arena_core.contract.schedules import Schedule
    from arena_core.contract.types import Jobs, JobView, Manifest

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
arena_job_status, arena_log_sources, arena_explain, arena_schedule = SHARED[1:]
arena_build_manifests = building("arena_cron.batch.manifests:build")
arena_validate = validating("validate")
arena_run_now = running("arena_cron.batch.now:job_of")


def has_runner(cron: Any) -> bool:
    """Whether a pod makes the jobs, and not the CronJob itself."""
    return any(
        dig.text(row, "name") == "ARENA_CRON"
        for c in dig.items(cron, *TEMPLATE.split("."), "spec", "containers")
        for row in dig.items(c, "env")
    )


ARGS, SUMMARY = "arena_cron.batch.args:model", "jobs of any type at times, on a CronJob of plain Kubernetes"
PROVIDER = "every Kubernetes has it"


@hookimpl
def arena_job_type() -> JobType:
    """Say what a cron is."""
    return replace(
        job_type("cron", RESOURCE, ARGS, SUMMARY, display="Cron", shorthand="cron", provider=PROVIDER),
        listed_by=f"{names.CREATED_BY}={names.CREATOR}",
        matches=lambda job: bool(dig.text(job, "metadata", "annotations", names.TYPE)),
    )


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
