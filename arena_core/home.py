"""Where Arena keeps what is its own on this machine. Paths are texts: every command asks, and ``pathlib`` costs more than the answer."""

from __future__ import annotations

import os

from arena_core.contract.errors import UsageError


def expanded(path: str) -> str:
    """Return the path with a leading ``~`` resolved; raises ``UsageError`` where there is no such home."""
    found = os.path.expanduser(path)
    if not found.startswith("~"):
        return found
    user = path.partition("/")[0]
    if user == "~":
        raise UsageError("your home folder is unknown: HOME is not set and the system has no entry for you", "set HOME")
    raise UsageError(f"{path}: {user} is not the home of a user of this machine")


def has_home() -> bool:
    """Whether this user has a home folder; a container may run under a number that the system does not know."""
    return os.path.expanduser("~") != "~"


def arena_home() -> str:
    """Return ``$ARENA_HOME``, by default ``~/.arena``; a leading ``~`` is the user's home in both."""
    return expanded(os.environ.get("ARENA_HOME") or "~/.arena")


def local_state() -> str:
    """Return the folder of the embedded local cluster, which holds its ``kubeconfig`` and ``daemon.json``."""
    return os.path.join(arena_home(), "local")
