"""The hooks of the job type ``kubedl-cron``: jobs of any type at times, on the Cron of KubeDL, which Arena (Go) takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, PodSet, Resource
from arena_core.k8s import dig
from arena_core.records import replace
from arena_core.typed import TYPE_CHECKING, Any
from arena_cron import names, reading
from arena_cron.hooks import arena_preflight, building, hooks_of, job_type, running, validating

if TYPE_CHECKING:
    from arena_core.contract.schedules import Schedule
    from arena_core.contract.types import (
        Endpoint,
        JobHandle,
        Jobs,
        JobView,
        Manifest,
    )

__all__ = ["arena_preflight"]
#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

RESOURCE = Resource("apps.kubedl.io", "v1alpha1", "Cron", "crons")


def workload(cron: Any) -> dict[str, Any]:
    """Return the job that a Cron makes, with the kind that stands beside it."""
    template = dig.mapping(cron, "spec", "template")
    return {"apiVersion": template.get("apiVersion"), "kind": template.get("kind"), **dig.mapping(template, "workload")}


def handle_of(cron: Any, jobs: Jobs) -> JobHandle | None:
    """Return the type of a Cron's jobs: as our annotation names it, of those of others by their kind."""
    return reading.by_name(cron, jobs) or jobs.for_object(workload(cron))


def schedule(cron: Any) -> Schedule:
    """Return what the Cron says of itself; a time zone stands in front of its schedule."""
    from arena_core.contract.schedules import Schedule
    from arena_core.k8s.cron import split_zone

    zone, text = split_zone(dig.text(cron, "spec", "schedule"))
    limit = dig.dig(cron, "spec", "historyLimit")
    return Schedule(
        text=text,
        job_type=dig.text(cron, "metadata", "annotations", names.TYPE) or dig.text(cron, "spec", "template", "kind").lower(),
        time_zone=zone,
        suspended=dig.flag(cron, "spec", "suspend"),
        concurrency=dig.text(cron, "spec", "concurrencyPolicy") or "Allow",
        deadline=dig.text(cron, "spec", "deadline"),
        keeps=limit if isinstance(limit, int) and not isinstance(limit, bool) else None,
        last=dig.text(cron, "status", "lastScheduleTime"),
    )


KIND = reading.Kind(handle_of, schedule)
arena_related, arena_job_status, arena_log_sources, arena_explain = hooks_of(KIND)[:4]
arena_build_manifests = building("arena_cron.kubedl.manifests:build")
arena_validate = validating("kubedl")
arena_run_now = running("arena_cron.kubedl.manifests:child")

ARGS, SUMMARY = "arena_cron.kubedl.manifests:model", "jobs of any type at times, on the Cron of KubeDL"
PROVIDER = "KubeDL's cron operator, which Arena's own installation brings"


@hookimpl
def arena_job_type() -> JobType:
    """Say what such a cron is."""
    return replace(
        job_type("kubedl-cron", RESOURCE, ARGS, SUMMARY, display="KubeDLCron", shorthand="kdcron", provider=PROVIDER),
        operator="cron-operator",
    )


@hookimpl
def arena_pod_sets(job: Manifest, purpose: str, jobs: Jobs) -> Sequence[PodSet]:
    """Return the pods of the job that it makes."""
    made = workload(job)
    return reading.sets_inside(made, jobs.for_object(made), purpose, "spec.template.workload")


@hookimpl
def arena_endpoints(view: JobView) -> Iterable[Endpoint]:
    """Return the TensorBoard of its jobs, which is one for all."""
    from arena_core.families.tensorboard import endpoints

    return endpoints(view.manifest) if dig.text(view.manifest, "metadata", "annotations", names.TYPE) else ()


@hookimpl
def arena_schedule(view: JobView, jobs: Jobs) -> Schedule:
    """Say when jobs are made, and which were; of those that are gone the Cron's own history tells."""
    from arena_core.contract.schedules import Run

    there = reading.runs(view, jobs, KIND)
    known = {run.name for run in there}
    plan, gone = schedule(view.manifest), []
    for row in dig.items(view.manifest, "status", "history"):
        name = dig.text(row, "object", "name")
        if name and name not in known:
            kind = dig.text(row, "object", "kind").lower()
            gone.append(Run(name, dig.text(row, "status"), kind, dig.text(row, "created"), dig.text(row, "finished")))
    return replace(plan, runs=(*gone, *there))
