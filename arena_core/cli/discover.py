"""What is installed, from metadata alone: no plugin is imported to be named in a help text."""

from __future__ import annotations

import os
from importlib import metadata


def blocked() -> frozenset[str]:
    """Names switched off by ``ARENA_BLOCK_PLUGINS``."""
    return frozenset(n.strip() for n in os.environ.get("ARENA_BLOCK_PLUGINS", "").split(",") if n.strip())


def _entries(group: str) -> list[metadata.EntryPoint]:
    off = blocked()
    return sorted((e for e in metadata.entry_points(group=group) if e.name not in off), key=lambda e: e.name)


def _summary(entry: metadata.EntryPoint) -> str:
    if entry.dist is None or "Summary" not in entry.dist.metadata:
        return ""
    return str(entry.dist.metadata["Summary"])


def command_groups() -> list[tuple[str, str]]:
    """Command groups of plugins: name and the distribution's summary."""
    return [(e.name, _summary(e)) for e in _entries("arena.commands")]


def job_types() -> list[tuple[str, str]]:
    """Installed job types with their aliases: ``pytorchjob, pytorch, py`` and the distribution's summary."""
    aliases: dict[str, list[str]] = {}
    for alias in _entries("arena.job_aliases"):
        aliases.setdefault(alias.value, []).append(alias.name)
    return [(", ".join((e.name, *aliases.get(e.value, ()))), _summary(e)) for e in _entries("arena.jobs")]


def type_names() -> list[str]:
    """Names of the installed job types."""
    return [e.name for e in _entries("arena.jobs")]


def distributions() -> list[tuple[str, str]]:
    """Distributions that bring a job type, commands, an extension or a cluster: name and version."""
    found = {
        e.dist.name: e.dist.version
        for group in ("arena.jobs", "arena.commands", "arena.extensions", "arena.clusters")
        for e in metadata.entry_points(group=group)
        if e.dist is not None
    }
    return sorted(found.items())
