"""The controllers of the local cluster: the manager that runs reconcilers, and the built-in workload controllers."""

from __future__ import annotations

import logging

from arena_local.context import Component, Context
from arena_local.controllers.manager import Manager
from arena_local.guard import LOADING, limited
from arena_local.sdk.bundle import Controller

log = logging.getLogger(__name__)


def build(ctx: Context) -> Component:
    """Return the manager over the built-in controllers and those of all bundles; a bundle whose controller fails to build is left out."""
    from arena_local.controllers import storage
    from arena_local.controllers.builtin import builtin_controllers
    from arena_local.server import effects

    ctx.api.add_admission(effects.admission(ctx.api.kinds()))

    controllers: list[Controller] = list(builtin_controllers(ctx.api))
    claims = ctx.state_dir / "claims"
    controllers += [storage.ClaimController(ctx.api, claims), storage.VolumeController(ctx.api, claims)]
    ctx.api.add_admission(storage.admission())
    if ctx.api.find(storage.CLASSES, "", storage.CLASS) is None:
        ctx.api.create(storage.storage_class(), manager="arena-local")
    for bundle in ctx.bundles:
        for factory in bundle.controllers:
            try:
                with limited(f"bundle {bundle.name}", LOADING):
                    controller = factory(ctx.api)
                    shape = (controller.name, controller.resource, tuple(controller.owns), dict(controller.watches), controller.reconcile)
            except Exception as error:
                log.exception("bundle %s: a controller could not be built and is left out", bundle.name)
                ctx.problem(f"a controller of bundle {bundle.name}: {type(error).__name__}: {error}")
                continue
            log.debug("controller %s", shape[0])
            controllers.append(controller)
    return Manager(ctx.api, controllers, ctx.problem)
