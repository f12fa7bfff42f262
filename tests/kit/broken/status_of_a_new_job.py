"""What nobody has looked at runs already."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Phase
from arena_core.records import replace
from tests.kit import thing
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_job_status(view, jobs):
    """Say what the job is doing."""
    known = view.manifest.get("status") is not None or view.pods is None
    return thing.arena_job_status(view, jobs) if known else replace(thing.arena_job_status(view, jobs), phase=Phase.RUNNING)
