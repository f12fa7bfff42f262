"""Whole objects inside others, wherever they stand: the job of an AppWrapper, of a cron, of a ConfigMap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arena_core.k8s.path import Step


def objects(value: Any, steps: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], dict[str, Any]]]:
    """Yield each object with where it stands, one before those inside it: what has a kind, an API version and metadata.

    >>> inner = {"apiVersion": "v1", "kind": "Pod", "metadata": {}}
    >>> [steps for steps, _ in objects([{"apiVersion": "v1", "kind": "List", "metadata": {}, "items": [inner]}])]
    [(0,), (0, 'items', 0)]
    """
    if isinstance(value, dict):
        if isinstance(value.get("kind"), str) and isinstance(value.get("apiVersion"), str) and isinstance(value.get("metadata"), dict):
            yield steps, value
        for key, inner in value.items():
            if isinstance(inner, dict | list):
                yield from objects(inner, (*steps, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from objects(inner, (*steps, number))
