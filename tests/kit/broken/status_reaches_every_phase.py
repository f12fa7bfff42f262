"""A job that has failed waits for ever."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Phase
from arena_core.records import replace
from tests.kit import thing
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_job_status(view, jobs):
    """Say what the job is doing."""
    found = thing.arena_job_status(view, jobs)
    return replace(found, phase=Phase.PENDING) if found.phase is Phase.FAILED else found
