"""Pods as processes of this machine."""

from __future__ import annotations

TYPE_CHECKING = False  # the shim and every command import this package, too, and need neither ``typing`` nor what follows
if TYPE_CHECKING:
    from arena_local.context import Component, Context


def build(ctx: Context) -> Component:
    """Make the kubelet of all nodes; sets ``ctx.pods``."""
    from arena_local.kubelet.kubelet import Kubelet

    return Kubelet(ctx)
