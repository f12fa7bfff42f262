"""Refuses what its author calls valid."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Problem
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_validate(args, jobs):
    """Return what the model alone does not refuse."""
    if args.labels.get("team") == "x":
        yield Problem("no such team", "labels")
