"""A hook's argument has a default value: the purpose is never told."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from tests.kit import thing
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_pod_sets(job, purpose="wrap"):
    """Return the one set of pods."""
    return thing.arena_pod_sets(job)
