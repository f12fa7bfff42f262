"""Takes every Job of plain Kubernetes for its own."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.records import replace
from arena_core.testing import dummy
from tests.kit import thing
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return replace(thing.arena_job_type(), resource=dummy.RESOURCE, matches=lambda job: True)


@hookimpl
def arena_build_manifests(args, jobs):
    """Return the job first, then what belongs to it."""
    return dummy.arena_build_manifests(args, jobs)
