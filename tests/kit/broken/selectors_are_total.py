"""The labels of an odd object raise."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.records import replace
from arena_core.testing.dummy_names import JOB_NAME
from tests.kit import thing
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return replace(thing.arena_job_type(), selectors=lambda job: [f"{JOB_NAME}={job['metadata']['name']}"])
