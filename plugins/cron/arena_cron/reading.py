"""What a cron is doing, and which jobs it has made: the same for every kind of cron. Pure and total."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from arena_core.contract.schedules import Run, Schedule
from arena_core.contract.types import Cause, Find, JobHandle, Jobs, JobStatus, JobView, LogQuery, LogSource, Manifest, Phase, PodSet, Rank
from arena_core.k8s import dig
from arena_core.k8s.owners import owned_by
from arena_core.k8s.selectors import exactly
from arena_core.records import replace
from arena_core.typed import Any, NamedTuple
from arena_cron import names


class Kind(NamedTuple):
    """One kind of cron: whose jobs it makes, when it was last due, and the pods' selector."""

    handle: Callable[[Any, Jobs], JobHandle | None]
    schedule: Callable[[Any], Schedule]


def selectors(cron: Any) -> list[str]:
    """Return the selector of the pods of a cron's jobs."""
    return exactly({names.CRON: dig.text(cron, "metadata", "name")})


def by_name(cron: Any, jobs: Jobs) -> JobHandle | None:
    """Return the type that the cron's annotation names; None where it is not installed."""
    name = dig.text(cron, "metadata", "annotations", names.TYPE)
    return jobs.get(name) if name in jobs.names() else None


def sets_inside(job: Manifest, handle: JobHandle | None, purpose: str, path: str) -> list[PodSet]:
    """Return the sets of pods of the job that a cron makes; ``path`` is where it stands in the cron."""
    sets = handle.pod_sets(job, "wrap" if purpose == "wrap" else "quota") if handle else ()
    return [replace(one, path=f"{path}.{one.path}") for one in sets]


def made(view: JobView, handle: JobHandle) -> list[Manifest]:
    """Return the jobs that this cron has made, in the order of their making."""
    uid = dig.text(view.manifest, "metadata", "uid")
    resource = handle.job_type.resource
    real = [obj for obj in view.related or () if isinstance(obj, dict) and resource.matches(obj) and owned_by(obj, uid)]
    found = [obj for obj in real if dig.labels(obj).get("app") != names.RUNNER]
    return sorted(found, key=lambda obj: (dig.text(obj, "metadata", "creationTimestamp"), dig.text(obj, "metadata", "name")))


def related(view: JobView, jobs: Jobs, kind: Kind) -> Iterator[Find]:
    """Name the jobs that it has made, and what the newest of them needs."""
    handle = kind.handle(view.manifest, jobs)
    if handle is None:
        return
    yield Find(handle.job_type.resource, owner_uid=dig.text(view.manifest, "metadata", "uid"), inner=True)
    if runs := made(view, handle):
        yield from handle.related(JobView(runs[-1], related=view.related))


def status(view: JobView, jobs: Jobs, kind: Kind) -> JobStatus:
    """Return whether it makes jobs, and what became of the last one."""
    handle, plan = kind.handle(view.manifest, jobs), kind.schedule(view.manifest)
    runs = made(view, handle) if handle else []
    phase = Phase.SUSPENDED if plan.suspended else Phase.RUNNING
    reason = "Suspended" if plan.suspended else ""
    if handle is None or not runs:
        when = f"it makes jobs at {plan.text}" + (f" ({plan.time_zone})" if plan.time_zone else "")
        return JobStatus(phase, reason=reason, message="it is suspended: it makes no more jobs" if plan.suspended else when)
    last = handle.status(JobView(runs[-1], view.pods, view.related))
    message = f"its last job, {dig.text(runs[-1], 'metadata', 'name')}, is {last.phase}"
    return JobStatus(phase, reason=reason, message=message, instances=last.instances, requests=last.requests, start=last.start)


def name_of(view: JobView) -> str:
    """Return the cron's name."""
    return dig.text(view.manifest, "metadata", "name")


def runs(view: JobView, jobs: Jobs, kind: Kind) -> tuple[Run, ...]:
    """Return the jobs that are still there, with their ends."""
    handle = kind.handle(view.manifest, jobs)
    if handle is None:
        return ()
    return tuple(_run(obj, handle) for obj in made(view, handle))


def _run(job: Manifest, handle: JobHandle) -> Run:
    found = handle.status(JobView(job))
    own = dig.mapping(job, "metadata")
    return Run(dig.text(own, "name"), str(found.phase), handle.job_type.name, dig.text(own, "creationTimestamp"), found.end)


def log_sources(view: JobView, query: LogQuery, jobs: Jobs, kind: Kind) -> list[LogSource]:
    """Return the logs of the newest job."""
    handle = kind.handle(view.manifest, jobs)
    found = made(view, handle) if handle else []
    if handle is None or not found:
        plan = kind.schedule(view.manifest)
        return [
            LogSource(
                missing="it has made no job yet",
                hint=f"its schedule is {plan.text}; `arena cron run-now {name_of(view)}` makes one at once",
            )
        ]
    seen = JobView(found[-1], view.pods, view.related)
    return handle.log_sources(JobView(found[-1], view.pods, view.related, handle.status(seen)), query)


def explain(view: JobView, jobs: Jobs, kind: Kind) -> Iterator[Cause]:
    """Say why no jobs are made, as far as the cron itself tells; of its newest job that job's type speaks."""
    handle, plan = kind.handle(view.manifest, jobs), kind.schedule(view.manifest)
    if plan.suspended:
        yield Cause(
            "it is suspended: no more jobs are made",
            f"`arena cron resume {name_of(view)}` starts it again",
            rank=Rank.HELD,
            reason="Suspended",
        )
    if handle is None:
        name = plan.job_type or "of its jobs"
        yield Cause(f"the type {name} is not installed here, so nothing is known of its jobs", rank=Rank.INFO, reason="UnknownType")
        return
    found = made(view, handle)
    failed = [one for one in runners(view) if dig.condition(one, "Failed").get("status") == "True"]
    since = dig.text(found[-1], "metadata", "creationTimestamp") if found else ""
    if failed and dig.text(failed[-1], "metadata", "creationTimestamp") >= since:
        name = dig.text(failed[-1], "metadata", "name")
        message = f"the pod that makes its jobs has failed ({dig.text(dig.condition(failed[-1], 'Failed'), 'message')})"
        yield Cause(message, f"`arena logs {name} -T job` has what it said", f"job/{name}", Rank.REFUSED, "RunnerFailed")
    if found:
        seen = JobView(found[-1], view.pods, view.related)
        yield from handle.explain(JobView(found[-1], view.pods, view.related, handle.status(seen)))


def runners(view: JobView) -> list[Manifest]:
    """Return the Jobs whose pods make jobs, in the order of their making."""
    real = [obj for obj in view.related or () if isinstance(obj, dict)]
    found = [obj for obj in real if obj.get("kind") == "Job" and dig.labels(obj).get("app") == names.RUNNER]
    return sorted(found, key=lambda obj: dig.text(obj, "metadata", "creationTimestamp"))
