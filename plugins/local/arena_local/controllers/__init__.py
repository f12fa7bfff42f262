"""The controllers of the local cluster: the manager that runs reconcilers, and the built-in workload controllers."""

from __future__ import annotations

import logging

from arena_local.bundle import Controller
from arena_local.context import Component, Context
from arena_local.controllers.manager import Manager

log = logging.getLogger(__name__)


def build(ctx: Context) -> Component:
    """Return the manager over the built-in controllers and those of all bundles; a bundle whose controller fails to build is left out."""
    from arena_local.controllers import stored_only
    from arena_local.controllers.builtin import builtin_controllers

    ctx.api.add_admission(stored_only.admission())

    controllers: list[Controller] = list(builtin_controllers(ctx.api))
    for bundle in ctx.bundles:
        for factory in bundle.controllers:
            try:
                controllers.append(factory(ctx.api))
            except Exception:
                log.exception("bundle %s: a controller could not be built and is left out", bundle.name)
    return Manager(ctx.api, controllers)
