"""A hook says nothing of what it does."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_validate(args, jobs):
    return []
