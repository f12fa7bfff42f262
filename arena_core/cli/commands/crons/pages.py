"""Crons as they are printed: the list, the page of one, the keys of JSON and YAML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arena_core.cli.foreign import plain
from arena_core.cli.render import local_time, ruled, table
from arena_core.cli.views import NONE
from arena_core.contract.schedules import Run
from arena_core.discreet import discreet
from arena_core.k8s import duration, time
from arena_core.usecases.crons import Cron

if TYPE_CHECKING:
    from arena_core.cli.shapes import crons as shapes

HEADER = ("NAME", "TYPE", "SCHEDULE", "SUSPEND", "DEADLINE", "CONCURRENCYPOLICY", "NEXT", "LAST")
#: What gives way on a narrow terminal, the least important first.
LEAST = ("DEADLINE", "CONCURRENCYPOLICY", "LAST", "TYPE")
RUN_HEADER = ("NAME", "STATUS", "TYPE", "CREATETIME", "FINISHTIME", "DURATION")


def rows(crons: Sequence[Cron], *, namespaced: bool) -> list[list[str]]:
    """The table of crons: Arena's columns, then when a job is due, and when the last one was."""
    header = [*(["NAMESPACE"] if namespaced else []), *HEADER]
    return [header, *([*([one.job.namespace] if namespaced else []), *_row(one)] for one in crons)]


def _row(one: Cron) -> list[str]:
    plan = one.schedule
    policy, due = plan.concurrency, f"in {_until(one.next)}" if one.next else NONE
    last = f"{duration.compact(time.seconds_between(plan.last))} ago" if plan.last else NONE
    return [one.job.name, plan.job_type or NONE, _when(one), str(plan.suspended).lower(), plan.deadline or NONE, policy, due, last]


def _until(text: str) -> str:
    from datetime import UTC, datetime

    return duration.compact(time.seconds_between(time.text(datetime.now(UTC)), text))


def _when(one: Cron) -> str:
    plan = one.schedule
    return f"{plan.text} ({plan.time_zone})" if plan.time_zone else plan.text


def page(one: Cron) -> str:
    """The page of one cron: what it was told, when it is due, and the jobs that it has made."""
    plan, job = one.schedule, one.job
    lines = [
        ("Name", job.name),
        ("Namespace", job.namespace),
        ("Type", plan.job_type or NONE),
        ("Kind", f"{job.manifest.get('kind', '')} ({job.manifest.get('apiVersion', '')})"),
        *_told(one),
        ("ConcurrencyPolicy", plan.concurrency),
        ("HistoryLimit", NONE if plan.keeps is None else str(plan.keeps)),
        ("CreationTimestamp", job.created),
        *_due(one),
        ("Deadline", plan.deadline or NONE),
        ("Status", str(job.status.phase)),
    ]
    if job.status.message:
        lines.append(("Message", job.status.message))
    head = discreet("\n".join(f"{name + ':':<19}{plain(value)}".rstrip() for name, value in lines))
    return f"{head}\n\n{history(one)}"


def _told(one: Cron) -> list[tuple[str, str]]:
    """What a cron was told of times."""
    plan = one.schedule
    zone = plan.time_zone or "the cluster's own (taken for UTC here)"
    return [("Schedule", plan.text), ("TimeZone", zone), ("Suspend", str(plan.suspended).lower())]


def _due(one: Cron) -> list[tuple[str, str]]:
    """When the last job was due, and when the next one is."""
    following = f"{one.next} ({local_time(one.next)})" if one.next else f"none: {one.why_not}"
    return [("LastScheduleTime", one.schedule.last or NONE), ("NextScheduleTime", following)]


def times(one: Cron) -> list[tuple[str, str]]:
    """What ``arena get`` says of a cron besides what it says of a job."""
    return [*_told(one), *_due(one)]


def history(one: Cron) -> str:
    """The jobs that a cron has made."""
    if runs := one.schedule.runs:
        return "History:\n" + table(ruled([list(RUN_HEADER), *map(_run, runs)]), indent="  ")
    return "History:\n  " + ("no job has been made yet, or none is left" if _seen(one) else "its jobs could not be read")


def _seen(one: Cron) -> bool:
    """Whether the jobs that it has made were looked at: a list does not, and not everybody may."""
    return bool(one.schedule.runs) or (one.job.view.related is not None and not one.job.unread)


def _run(run: Run) -> list[str]:
    took = duration.compact(time.seconds_between(run.created, run.finished)) if run.created else NONE
    return [run.name, run.status, run.kind or NONE, run.created or NONE, run.finished or NONE, took]


def as_data(one: Cron) -> shapes.Cron:
    """The cron with Arena's keys, and a few more at the end."""
    plan, job = one.schedule, one.job
    return {
        "uuid": job.uid,
        "name": job.name,
        "namespace": job.namespace,
        "type": plan.job_type,
        "schedule": plan.text,
        "suspend": plan.suspended,
        "concurrencyPolicy": plan.concurrency,
        "deadline": plan.deadline,
        "historyLimit": plan.keeps,
        "creationTimestamp": job.created,
        "lastScheduleTime": plan.last,
        "history": [
            {"name": run.name, "status": run.status, "type": run.kind, "createTime": run.created, "finishTime": run.finished}
            for run in plan.runs
        ]
        if _seen(one)
        else None,
        "timeZone": plan.time_zone,
        "nextScheduleTime": one.next,
        "reason": one.why_not,
        "kind": str(job.manifest.get("kind", "")),
        "apiVersion": str(job.manifest.get("apiVersion", "")),
        "status": str(job.status.phase),
        "message": job.status.message,
    }
