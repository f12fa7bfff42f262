"""What ``arena model`` prints for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from arena_core.k8s import time
from arena_model.registry import number, tags_of


class Version(TypedDict):
    """One version of a model; times are RFC 3339, or empty."""

    version: str
    source: str
    run: str
    status: str
    description: str
    tags: dict[str, str]
    created: str
    updated: str


class Model(TypedDict):
    """A registered model; ``versions`` are the newest first, those of a list are left out, and all but the one that was made or changed."""

    name: str
    latestVersion: str
    description: str
    tags: dict[str, str]
    created: str
    updated: str
    versions: list[Version]


class Deleted(TypedDict):
    """A model that was deleted with all its versions, or one version of it; ``version`` is empty for all."""

    name: str
    version: str


def version_of(found: Mapping[str, Any]) -> Version:
    """Return a version as MLflow has it."""
    return {
        "version": str(found.get("version", "")),
        "source": str(found.get("source", "")),
        "run": str(found.get("run_id", "")),
        "status": str(found.get("status", "")),
        "description": str(found.get("description", "")),
        "tags": tags_of(found),
        "created": moment(found.get("creation_timestamp")),
        "updated": moment(found.get("last_updated_timestamp")),
    }


def model_of(found: Mapping[str, Any], versions: list[Version]) -> Model:
    """Return a model as MLflow has it, with these versions."""
    numbers = [number(one.get("version")) for one in (*(found.get("latest_versions") or ()), *versions)]
    return {
        "name": str(found.get("name", "")),
        "latestVersion": str(max(numbers)) if numbers else "",
        "description": str(found.get("description", "")),
        "tags": tags_of(found),
        "created": moment(found.get("creation_timestamp")),
        "updated": moment(found.get("last_updated_timestamp")),
        "versions": versions,
    }


def moment(milliseconds: Any) -> str:
    """Return MLflow's milliseconds since 1970 as RFC 3339; empty for what is none."""
    from datetime import UTC, datetime

    try:
        return time.text(datetime.fromtimestamp(int(milliseconds) / 1000, UTC)) if milliseconds else ""
    except (ValueError, TypeError, OverflowError, OSError):
        return ""
