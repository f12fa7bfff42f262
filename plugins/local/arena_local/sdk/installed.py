"""The bundles that installed distributions offer (entry points ``arena.local_controllers``)."""

from __future__ import annotations

import importlib
from typing import Any

from arena_core.installed import Offer, switched_on

GROUP = "arena.local_controllers"
#: As the registry of job types has it; this side of the cluster imports nothing of it.
CONTRACT_VERSION = 2


def unblocked() -> list[Offer]:
    """Return what is offered and not switched off."""
    return switched_on(GROUP)


def load(offer: Offer) -> Any:
    """Import what an entry point names; its module must say that it was written for this contract."""
    module, _, attribute = offer.value.partition(":")
    found: Any = importlib.import_module(module.strip())
    said = getattr(found, "ARENA_CONTRACT", 1)
    if said != CONTRACT_VERSION:
        raise ValueError(
            f"was written for contract {said}; this arena speaks {CONTRACT_VERSION}: set ARENA_CONTRACT = {CONTRACT_VERSION} in its module"
        )
    for part in attribute.strip().split(".") if attribute.strip() else ():
        found = getattr(found, part)
    return found
