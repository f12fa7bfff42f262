"""What is particular to each built-in kind: defaults, what a create or update prepares, and checks."""

from __future__ import annotations

from arena_local.server.kinds.base import Strategy
from arena_local.server.kinds.table import NEW_EVENT, STRATEGIES
from arena_local.server.registry import Resource

_PLAIN = Strategy()


def strategy_of(resource: Resource) -> Strategy:
    """Return the rules of a kind."""
    if resource.custom:
        return _PLAIN
    return NEW_EVENT if resource.group == "events.k8s.io" else STRATEGIES.get(resource.storage_id, _PLAIN)
