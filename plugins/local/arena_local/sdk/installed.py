"""The bundles that installed distributions offer (entry points ``arena.local_controllers``)."""

from __future__ import annotations

import importlib
import os
import re
from importlib import metadata
from typing import Any

GROUP = "arena.local_controllers"
#: As the registry of job types has it; this side of the cluster imports nothing of it.
CONTRACT_VERSION = 2


def unblocked() -> list[metadata.EntryPoint]:
    """Return the entry points that ``ARENA_BLOCK_PLUGINS`` does not switch off, by their name or that of their distribution."""
    blocked = {_normalized(name) for name in os.environ.get("ARENA_BLOCK_PLUGINS", "").split(",") if name.strip()}
    points = metadata.entry_points(group=GROUP)
    return [p for p in points if not {_normalized(p.name), _normalized(p.dist.name if p.dist else "")} & blocked]


def load(point: metadata.EntryPoint) -> Any:
    """Import what an entry point names; its module must say that it was written for this contract."""
    found: Any = importlib.import_module(point.module)
    said = getattr(found, "ARENA_CONTRACT", 1)
    if said != CONTRACT_VERSION:
        raise ValueError(
            f"was written for contract {said}; this arena speaks {CONTRACT_VERSION}: set ARENA_CONTRACT = {CONTRACT_VERSION} in its module"
        )
    for part in point.attr.split(".") if point.attr else ():
        found = getattr(found, part)
    return found


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
