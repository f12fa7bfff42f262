"""What is wrong with the jobs of a cron, as their own type sees it, and with the cron around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arena_core.args import must_be_brought
from arena_core.contract.types import Jobs, Lookup, Note, Problem
from arena_cron.args import ScheduleArgs
from arena_cron.model import handle_of


def validate(args: ScheduleArgs, jobs: Jobs, only: str = "") -> Iterator[Problem | Note]:
    """Yield the problems and notes of the jobs' type."""
    handle = handle_of(getattr(args, "cron_type", ""), jobs, only)
    yield from handle.validate(args)
    yield from handle.notes(args)
    given: Any = args
    if must_be_brought(args):
        text = "packed, the folder is too large to travel with the jobs, and nobody is there to bring it when they are made"
        yield Problem(text, "workdir", "--workdir-claim CLAIM brings it once, through a volume")
    if args.concurrency_policy == "Allow" and getattr(given, "tensorboard", False):
        yield Note("all jobs of the cron share one TensorBoard", "tensorboard")


def preflight(args: ScheduleArgs, lookup: Lookup, jobs: Jobs, only: str = "") -> Iterator[Problem | Note]:
    """Yield what the cluster lacks for the jobs."""
    handle = handle_of(getattr(args, "cron_type", ""), jobs, only)
    if lookup.serves(handle.job_type.resource) is False:
        provider = handle.job_type.provider
        yield Problem(f"{handle.job_type.resource.kind} is not installed on this cluster: the jobs could not be made", "", provider)
        return
    yield from handle.preflight(args, lookup)


def kubedl(args: ScheduleArgs, jobs: Jobs) -> Iterator[Problem | Note]:
    """Yield these, and what KubeDL's operator does otherwise than one expects."""
    yield from validate(args, jobs)
    if args.concurrency_policy == "Replace":
        hint = "`--backend cron` makes crons that end it"
        yield Note("KubeDL takes the job before off its list, but does not end it", "concurrency_policy", hint)
    if "history_limit" in args.model_fields_set:
        yield Note("KubeDL deletes no jobs that have ended: the limit is one of what it lists", "history_limit")


def volcano(args: ScheduleArgs, jobs: Jobs) -> Iterator[Problem | Note]:
    """Yield these, and what Volcano's CronJob has no field for."""
    yield from validate(args, jobs, "volcanojob")
    if args.deadline:
        yield Problem(
            "Volcano's CronJob knows no time after which it makes no more jobs", "deadline", "`--backend cron` makes crons that do"
        )
