"""Descriptions of the built-in kinds' fields, read only when somebody asks for them."""

from __future__ import annotations

import gzip
import json
from functools import lru_cache
from importlib import resources
from typing import Any


@lru_cache(maxsize=1)
def _all() -> dict[str, Any]:
    packed = resources.files("arena_local.server").joinpath("data/builtin-docs.json.gz").read_bytes()
    found: dict[str, Any] = json.loads(gzip.decompress(packed))
    return found


@lru_cache(maxsize=512)
def field_doc(definition: str, field: str) -> str:
    """Return the description of a field of a definition."""
    return str(_all().get(definition, ["", {}])[1].get(field, ""))


def definition_doc(definition: str) -> tuple[str, dict[str, str]]:
    """Return the description of a definition and of its fields."""
    found = _all().get(definition, ["", {}])
    return found[0], found[1]


def forget() -> None:
    """Free what was read: half a megabyte that few requests need."""
    _all.cache_clear()
