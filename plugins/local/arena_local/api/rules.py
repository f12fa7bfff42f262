"""CEL rules of CRDs (``x-kubernetes-validations``)."""

from __future__ import annotations

from typing import Any

from arena_local.api.causes import Cause
from arena_local.api.schema import Node


def rule_causes(schema: Node, obj: dict[str, Any], old: dict[str, Any] | None) -> list[Cause]:
    """Return what the rules refuse."""
    return []
