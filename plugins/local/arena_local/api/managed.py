"""managedFields: which manager wrote which field."""

from __future__ import annotations

from typing import Any

Obj = dict[str, Any]


def record_update(resource: Any, new: Obj, old: Obj | None, manager: str, subresource: str, now: str) -> None:
    """Note in ``new`` what this write has changed."""
    new["metadata"].pop("managedFields", None)
