"""Decides where pods go. ``fit`` is pure and ``binding.bind`` writes a decision: other schedulers (Volcano's) use both."""

from __future__ import annotations

from arena_local.context import Component, Context


def build(ctx: Context) -> Component:
    """Make the default scheduler."""
    from arena_local.scheduler.scheduler import Scheduler

    return Scheduler(ctx)
