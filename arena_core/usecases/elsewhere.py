"""A job that somebody else than its operator sees to (``managedBy``): a queue, which may run it in another cluster. Pure."""

from __future__ import annotations

from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.registry.queues import managers

REASON = "ManagedBy"


def told(job: Manifest) -> str:
    """Say who sees to a job in its operator's place, or nothing."""
    by = dig.text(job, "spec", "managedBy") or dig.text(job, "spec", "runPolicy", "managedBy")
    if not by:
        return ""
    own, others = managers()
    if by in own:
        return ""
    return others.get(by) or f"it is left to {by} (managedBy): its operator makes no instances here"
