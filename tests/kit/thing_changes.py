"""What may be changed of a live thing."""

from __future__ import annotations

from arena_core.args import ArgsGroup, flag


class ThingChanges(ArgsGroup):
    """Another size."""

    workers: int | None = flag(None, help="How many pods run.", ge=1)
