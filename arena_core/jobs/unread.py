"""What could not be read, in a short phrase each: no sentence may be built on the absence of what nobody could look at."""

from __future__ import annotations

from collections.abc import Iterable

from arena_core.errors import ArenaError, ClusterUnreachable, KindNotInstalled, NamespaceNotFound, PermissionDenied
from arena_core.types import Resource


def phrase(resource: Resource, error: ArenaError) -> str:
    """Return ``events (forbidden)``, ``workloads.kueue.x-k8s.io (the API answers 500)``."""
    return f"{resource.key} ({reason(error)})"


def reason(error: ArenaError) -> str:
    """Say in a word or two why something could not be read."""
    code = getattr(error, "code", 0)
    if isinstance(error, PermissionDenied):
        return "not logged in" if type(error).__name__ == "Unauthorized" else "forbidden"
    if isinstance(error, KindNotInstalled):
        return "not installed"
    if isinstance(error, NamespaceNotFound):
        return "no such namespace"
    if code:
        return f"the API answers {code}"
    return "the API server cannot be reached" if isinstance(error, ClusterUnreachable) else error.message


def sentence(phrases: Iterable[str]) -> str:
    """Return one line that names everything that could not be read, or nothing."""
    found = list(dict.fromkeys(phrases))
    return f"not shown, because it cannot be read: {', '.join(found)}" if found else ""
