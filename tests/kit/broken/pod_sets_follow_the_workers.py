"""However many workers, one pod is made."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from tests.kit import thing
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_build_manifests(args, jobs):
    """Return the job first, then what belongs to it."""
    job, *beside = thing.arena_build_manifests(args, jobs)
    job["spec"]["parallelism"] = 1
    return [job, *beside]
