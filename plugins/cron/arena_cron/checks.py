"""What is wrong with the jobs of a cron, as their own type sees it, and with the cron around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arena_core.contract.types import Jobs, Lookup, Note, Problem
from arena_cron.args import CronArgs
from arena_cron.model import handle_of


def validate(args: CronArgs, jobs: Jobs, only: str = "") -> Iterator[Problem | Note]:
    """Yield the problems and notes of the jobs' type."""
    handle = handle_of(args.cron_type, jobs, only)
    yield from handle.validate(args)
    yield from handle.notes(args)
    given: Any = args
    if args.concurrency_policy == "Allow" and getattr(given, "tensorboard", False):
        yield Note("all jobs of the cron share one TensorBoard", "tensorboard")


def preflight(args: CronArgs, lookup: Lookup, jobs: Jobs, only: str = "") -> Iterator[Problem | Note]:
    """Yield what the cluster lacks for the jobs."""
    handle = handle_of(args.cron_type, jobs, only)
    if lookup.serves(handle.job_type.resource) is False:
        provider = handle.job_type.provider
        yield Problem(
            f"{handle.job_type.resource.kind} is not installed on this cluster: the jobs could not be made", "cron_type", provider
        )
        return
    yield from handle.preflight(args, lookup)
