"""An object without a name has no status."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from tests.kit import thing
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_job_status(view, jobs):
    """Say what the job is doing."""
    assert view.manifest["metadata"]["name"]
    return thing.arena_job_status(view, jobs)
