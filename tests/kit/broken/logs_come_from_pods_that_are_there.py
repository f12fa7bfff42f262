"""The log of a pod that never was."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import LogSource
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_log_sources(view, query):
    """Return where the logs are."""
    return [LogSource("driver", "main")] if view.pods else []
