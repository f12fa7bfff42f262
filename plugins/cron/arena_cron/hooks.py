"""The hooks that all kinds of cron share; a kind's module takes them over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.families import hooks
from arena_core.lazily import referred
from arena_core.typed import TYPE_CHECKING, NamedTuple
from arena_cron import reading

if TYPE_CHECKING:
    from arena_core.contract.schedules import Schedule
    from arena_core.contract.types import (
        Cause,
        Find,
        Jobs,
        JobStatus,
        JobView,
        LogQuery,
        LogSource,
        Lookup,
        Manifest,
        Note,
        Problem,
        Resource,
    )
    from arena_cron.args import CronArgs

arena_endpoints = hooks.arena_endpoints


class Hooks(NamedTuple):
    """The hooks of one kind, by their names without ``arena_``."""

    related: Callable[[JobView, Jobs], Iterable[Find]]
    job_status: Callable[[JobView, Jobs], JobStatus]
    log_sources: Callable[[JobView, LogQuery, Jobs], Sequence[LogSource]]
    explain: Callable[[JobView, Jobs], Iterable[Cause]]
    schedule: Callable[[JobView, Jobs], Schedule]


def hooks_of(kind: reading.Kind) -> Hooks:
    """Return what follows from how a kind is read."""

    @hookimpl
    def arena_related(view: JobView, jobs: Jobs) -> Iterable[Find]:
        """Name the jobs that it has made."""
        return reading.related(view, jobs, kind)

    @hookimpl
    def arena_job_status(view: JobView, jobs: Jobs) -> JobStatus:
        """Say whether it makes jobs, and what became of the last one."""
        return reading.status(view, jobs, kind)

    @hookimpl
    def arena_log_sources(view: JobView, query: LogQuery, jobs: Jobs) -> Sequence[LogSource]:
        """Return the logs of the newest job."""
        return reading.log_sources(view, query, jobs, kind)

    @hookimpl
    def arena_explain(view: JobView, jobs: Jobs) -> Iterable[Cause]:
        """Say why no jobs are made, or why the newest one does not run."""
        return reading.explain(view, jobs, kind)

    @hookimpl
    def arena_schedule(view: JobView, jobs: Jobs) -> Schedule:
        """Say when jobs are made, and which were."""
        from arena_core.records import replace

        return replace(kind.schedule(view.manifest), runs=reading.runs(view, jobs, kind))

    return Hooks(arena_related, arena_job_status, arena_log_sources, arena_explain, arena_schedule)


def building(build: str) -> Callable[[CronArgs, Jobs], Sequence[Manifest]]:
    """Return the hook ``arena_build_manifests`` of a kind, whose function is named as ``module:function``."""

    @hookimpl
    def arena_build_manifests(args: CronArgs, jobs: Jobs) -> Sequence[Manifest]:
        """Return the cron, and what its jobs share."""
        return referred(build)(args, jobs)  # type: ignore[no-any-return]

    return arena_build_manifests


def validating(check: str) -> Callable[[CronArgs, Jobs], Iterable[Problem | Note]]:
    """Return the hook ``arena_validate`` of a kind: a function of ``arena_cron.checks``."""

    @hookimpl
    def arena_validate(args: CronArgs, jobs: Jobs) -> Iterable[Problem | Note]:
        """Return what the type of the jobs says of its arguments, and what does not go as one expects."""
        return referred(f"arena_cron.checks:{check}")(args, jobs)  # type: ignore[no-any-return]

    return arena_validate


def running(job_of: str) -> Callable[[JobView, str], Manifest]:
    """Return the hook ``arena_run_now`` of a kind, whose function is named as ``module:function``."""

    @hookimpl
    def arena_run_now(view: JobView, called: str) -> Manifest:
        """Return the job that the cron would make, whatever its policy."""
        return referred(job_of)(view.manifest, called)  # type: ignore[no-any-return]

    return arena_run_now


def job_type(name: str, resource: Resource, args: str, summary: str, *, display: str, shorthand: str, provider: str) -> JobType:
    """Return what a kind of cron says of itself."""
    return JobType(
        name=name,
        resource=resource,
        args=args,
        summary=summary,
        display=display,
        shorthand=shorthand,
        selectors=reading.selectors,
        workload="schedule",
        scale_check=lambda job: "a cron has no pods of its own",
        suspend_path="spec.suspend",
        provider=provider,
    )


@hookimpl
def arena_preflight(args: CronArgs, lookup: Lookup, jobs: Jobs) -> Iterable[Problem | Note]:
    """Return what the cluster lacks for the jobs."""
    from arena_cron.checks import preflight

    return preflight(args, lookup, jobs)
