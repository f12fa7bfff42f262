"""The scale subresource."""

from __future__ import annotations

from typing import Any

from arena_local.api.causes import Cause
from arena_local.api.registry import Resource


def scale_causes(resource: Resource, obj: dict[str, Any]) -> list[Cause]:
    """Return what keeps the scale subresource from reading an object."""
    return []


def read(server: Any, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
    """GET."""
    return {}


def replace(server: Any, resource: Resource, namespace: str, name: str, body: Any, options: Any) -> dict[str, Any]:
    """PUT."""
    return {}


def patch(server: Any, resource: Resource, namespace: str, name: str, media: str, body: Any, options: Any) -> dict[str, Any]:
    """PATCH."""
    return {}
