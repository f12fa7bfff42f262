"""The number that stands there makes no pods."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.records import replace
from tests.kit import thing
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return replace(
        thing.arena_job_type(), scale=lambda job: [replace(one, path="spec.completions") for one in thing.arena_job_type().scale(job)]
    )
