"""The file in which the index of job types is kept, and what a help text takes from it without a look at whether any code has changed."""

from __future__ import annotations

import os
import sys
from _imp import source_hash

from arena_core.contract.errors import UsageError
from arena_core.home import arena_home
from arena_core.registry.discovery import Entry

HEAD = "arena job types 1"
#: What the index knows of a type besides its kind.
FACTS = ("name", "display", "shorthand", "summary", "listed_by", "workload", "provider", "operator", "otherwise")
#: Of a line: its word, the entry (``key``), the kind with its scope and older versions; then the facts.
_BEFORE = 1 + 4 + 6


def place() -> str:
    """Return the file of this Python's search path; empty where there is no home to keep it in."""
    here = "\n".join([HEAD, sys.version, *sys.path])
    try:
        return os.path.join(arena_home(), "cache", f"job-types-{source_hash(1, here.encode(errors='replace')).hex()}")
    except UsageError:
        return ""


def key(entry: Entry) -> tuple[str, ...]:
    """Return by what an entry is known in the file."""
    return entry.name, entry.value, entry.distribution, entry.version


def workloads() -> dict[tuple[str, ...], str]:
    """Return what types said that their jobs are (``batch``, ``service``, ``schedule``) when they were last loaded, by ``key``."""
    at = _BEFORE + FACTS.index("workload")
    try:
        with open(place(), encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file if line.startswith("type\t")]
    except (OSError, ValueError):
        return {}
    return {tuple(row[1:5]): row[at] for row in rows if len(row) == _BEFORE + len(FACTS)}
