"""Where Arena keeps what is its own on this machine. Imports only the standard library and the errors."""

from __future__ import annotations

import os
from pathlib import Path

from arena_core.contract.errors import UsageError


def expanded(path: str) -> Path:
    """Return the path with a leading ``~`` resolved; raises ``UsageError`` where there is no such home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        user = path.partition("/")[0]
        if user == "~":
            raise UsageError("your home folder is unknown: HOME is not set and the system has no entry for you", "set HOME") from None
        raise UsageError(f"{path}: {user} is not the home of a user of this machine") from None


def has_home() -> bool:
    """Whether this user has a home folder; a container may run under a number that the system does not know."""
    return os.path.expanduser("~") != "~"  # noqa: PTH111 - Path.home raises instead


def arena_home() -> Path:
    """Return ``$ARENA_HOME``, by default ``~/.arena``; a leading ``~`` is the user's home in both."""
    return expanded(os.environ.get("ARENA_HOME") or "~/.arena")


def local_state() -> Path:
    """Return the folder of the embedded local cluster, which holds its ``kubeconfig`` and ``daemon.json``."""
    return arena_home() / "local"
