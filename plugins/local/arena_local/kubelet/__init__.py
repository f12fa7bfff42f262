"""Pods as processes of this machine."""

from __future__ import annotations

from arena_local.context import Component, Context


def build(ctx: Context) -> Component:
    """Make the kubelet of all nodes; sets ``ctx.pods``."""
    from arena_local.kubelet.kubelet import Kubelet

    return Kubelet(ctx)
