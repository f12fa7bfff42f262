"""What a person may say of a cron, besides what the type of its jobs takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from arena_core.args import AfterValidator, ArgsGroup, BeforeValidator, Image, ObjectName, WithJsonSchema, flag
from arena_core.contract.types import Problem
from arena_core.k8s import time
from arena_core.k8s.cron import ZONE, Schedule, zone_of

GROUP = "Cron"
#: What makes jobs where nothing else is there for it: any image with Python 3 will do.
RUNNER_IMAGE = "python:3.12-slim"

EXPECTED = "expected: minute, hour, day of month, month and day of week, or @hourly, @daily, @weekly, @monthly, @yearly"
#: A flag under each of the headings of help.
_cron = partial(flag, group=GROUP)


def _schedule(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        return text
    if ZONE.match(text):
        raise ValueError(f"{text!r}: the time zone is given with --time-zone")
    try:
        found = Schedule(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no schedule: {error} ({EXPECTED})") from error
    if not found.possible:
        raise ValueError(f"{text!r}: there is no such day in any year")
    return text


def _zone(name: str) -> str:
    if name.lower() == "local":
        raise ValueError("a time zone must be named, for example Europe/Berlin: the cluster's own is where no other is given")
    zone_of(name)
    return name


def _deadline(value: Any) -> Any:
    if isinstance(value, datetime):  # YAML reads a time without quotes as one
        return time.text(value)
    if not isinstance(value, str) or not value:
        return value
    found = time.parse(value)
    if found is None:
        raise ValueError(f"{value!r} is not a time such as 2026-12-31T18:00:00Z")
    return time.text(found)


class ScheduleArgs(ArgsGroup):
    """Flags of every cron."""

    schedule: Annotated[str, AfterValidator(_schedule)] = _cron(
        "",
        help="When a job is made: minute, hour, day of month, month, day of week, or @hourly, @daily, @weekly, @monthly, @yearly.",
        often=True,
        metavar="SCHEDULE",
        paths=("spec.schedule",),
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = _cron(
        "",
        help="Time zone of the schedule, for example Europe/Berlin.",
        often=True,
        metavar="ZONE",
        default_text="that of the cluster's controller",
        paths=("spec.timeZone",),
    )
    concurrency_policy: Literal["Allow", "Forbid", "Replace"] = _cron(
        "Allow",
        help="What happens when the job before still runs: another beside it (Allow), none (Forbid), another in its place (Replace).",
        old=("concurrencyPolicy",),
        often=True,
        paths=("spec.concurrencyPolicy",),
    )
    suspended: bool = _cron(False, name="suspend", help="Make no jobs until `arena cron resume`.", often=True, paths=("spec.suspend",))
    deadline: Annotated[str, BeforeValidator(_deadline), WithJsonSchema({"type": "string", "format": "date-time"})] = _cron(
        "", help="Time after which no more jobs are made (2026-12-31T18:00:00Z).", often=True, metavar="TIME"
    )
    history_limit: int = _cron(10, help="How many jobs that have ended are kept.", old=("historyLimit",), often=True, ge=0, le=1000)

    def rules(self) -> Iterator[Problem]:
        """Without a schedule there is no cron."""
        yield from super().rules()
        if not self.schedule:
            yield Problem("is required", "schedule")


class CronArgs(ScheduleArgs):
    """The same, where the type of the jobs is to be said."""

    cron_type: str = _cron("", help="Type of the jobs: any installed one that ends by itself.", often=True, metavar="TYPE")


class BatchCronArgs(CronArgs):
    """Flags of a cron of plain Kubernetes, where a small pod makes the jobs."""

    cron_image: Image = _cron(RUNNER_IMAGE, help="Image of the pod that makes the jobs; it needs python3.")
    cron_service_account: ObjectName = _cron(
        "",
        help="Account of the pod that makes the jobs, which may do so.",
        metavar="NAME",
        default_text="one of its own, with a Role for just that",
    )
