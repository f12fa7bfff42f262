"""Which parts of the local cluster take part: the queues, the schedulers, and the operators of the kinds that are submitted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from arena_local import kueue
from arena_local.context import Context
from arena_local.controllers.builtin import builtin_controllers
from arena_local.controllers.manager import Manager
from arena_local.foresee.copy import Copy
from arena_local.kueue.pods.controller import PodController
from arena_local.kueue.queues import ClusterQueueController, LocalQueueController
from arena_local.scheduler.scheduler import Scheduler
from arena_local.sdk.bundle import Bundle, Controller
from arena_local.sdk.installed import load, unblocked

#: They write how full queues are, which nobody reads here; pods by themselves in a queue are no jobs.
_SPARED = (ClusterQueueController, LocalQueueController, PodController)


def bundles_for(distributions: Collection[str], gangs: bool) -> list[Bundle]:
    """Return the bundles of some distributions, with those that schedule pods themselves where gangs are about, and Kueue.

    Importing all of them costs more than all else.
    """
    found: list[Bundle] = []
    for offer in unblocked():
        asked = offer.distribution in distributions
        if not asked and not gangs:
            continue
        bundle = load(offer)
        if asked or bundle.schedulers:
            found.append(bundle)
    return [*found, kueue.bundle(found)]


def manager_of(api: Copy, bundles: Sequence[Bundle]) -> Manager:
    """Return the controllers over a copy."""
    for bundle in bundles:
        api.add_bundles([bundle])
    made: list[Controller] = [make(api) for bundle in bundles for make in bundle.controllers]
    return Manager(api, [*builtin_controllers(api), *(one for one in made if not isinstance(one, _SPARED))])


def scheduler_of(api: Copy, bundles: Sequence[Bundle]) -> Scheduler:
    """Return the default scheduler over a copy."""
    return Scheduler(Context(Path(), api, api.options, "", tuple(bundles)))
