"""What a request says beside its object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class WriteOptions:
    """Of a create, update or patch. ``warnings`` collects what goes into Warning headers."""

    manager: str = "unknown"
    dry_run: bool = False
    field_validation: str = "Warn"
    force: bool = False
    warnings: list[str] = field(default_factory=list)
    #: Whether somebody reads the warnings: the controllers do not, and some are dear to find.
    heard: bool = True
    subresource: str = ""
    #: The managedFields that an apply has worked out.
    managed: list[dict[str, Any]] | None = None
    #: Keys that stood twice in the body, as paths.
    duplicates: tuple[str, ...] = ()


@dataclass
class DeleteOptions:
    """Of a delete."""

    grace: int | None = None
    uid: str = ""
    resource_version: str = ""
    propagation: str = ""
    dry_run: bool = False
    warnings: list[str] = field(default_factory=list)


@dataclass
class ListOptions:
    """Of a list or a watch, as strings where a wrong one has its own message."""

    labels: str = ""
    fields: str = ""
    limit: int = 0
    cont: str = ""
    resource_version: str = ""
    match: str = ""
    watch: bool = False
    bookmarks: bool = False
    timeout: float | None = None
    initial_events: bool | None = None


@dataclass
class Page:
    """One page of a list."""

    entries: list[Any]
    revision: int
    cont: str = ""
    remaining: int | None = None
