"""Copies of JSON values: faster than ``copy.deepcopy``."""

from __future__ import annotations

from typing import Any


def clone(value: Any) -> Any:
    """Return a deep copy of a JSON value."""
    if isinstance(value, dict):
        return {key: clone(item) if isinstance(item, dict | list) else item for key, item in value.items()}
    if isinstance(value, list):
        return [clone(item) if isinstance(item, dict | list) else item for item in value]
    return value


def same(one: Any, two: Any) -> bool:
    """Return whether two JSON values are equal, telling 1 from 1.0 and from true."""
    if one is two:
        return True
    if isinstance(one, dict):
        return isinstance(two, dict) and one.keys() == two.keys() and all(same(item, two[key]) for key, item in one.items())
    if isinstance(one, list):
        return isinstance(two, list) and len(one) == len(two) and all(map(same, one, two))
    return type(one) is type(two) and one == two
