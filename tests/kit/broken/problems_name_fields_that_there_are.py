"""A problem names no field of the model."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Problem
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place
from tests.kit.thing import RESOURCE


@hookimpl
def arena_preflight(args, lookup, jobs):
    """Return what the cluster lacks."""
    if lookup.exists(RESOURCE, "one") is False:
        yield Problem("there is no thing", "thing")
