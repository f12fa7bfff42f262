"""Strategic merge patch by the schemas of the built-in kinds, with the API server's refusals."""

from __future__ import annotations

from typing import Any

from arena_core.k8s import strategic
from arena_local.server.errors import Refusal
from arena_local.server.fieldsets import FREE, child_of
from arena_local.server.schema import Node


def strategic_merge(node: Node, target: Any, patch: dict[str, Any]) -> Any:
    """Return the target with a strategic merge patch; the target is not changed."""
    try:
        return strategic.strategic_merge(node, target, patch, lambda shape, key, live, value: child_of(shape or FREE, key))
    except strategic.PatchError as error:
        raise Refusal(500, "", str(error)) from None
