"""Pods as processes of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the shim imports this package, too, and needs none of it
    from arena_local.context import Component, Context


def build(ctx: Context) -> Component:
    """Make the kubelet of all nodes; sets ``ctx.pods``."""
    from arena_local.kubelet.kubelet import Kubelet

    return Kubelet(ctx)
