"""Where Arena keeps what is its own on this machine. Imports only the standard library."""

from __future__ import annotations

import os
from pathlib import Path


def arena_home() -> Path:
    """Return ``$ARENA_HOME``, by default ``~/.arena``; a leading ``~`` is the user's home in both."""
    return Path(os.environ.get("ARENA_HOME") or "~/.arena").expanduser()


def local_state() -> Path:
    """Return the folder of the embedded local cluster, which holds its ``kubeconfig`` and ``daemon.json``."""
    return arena_home() / "local"
