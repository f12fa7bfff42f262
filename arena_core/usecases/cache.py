"""Small facts that are kept in ``$ARENA_HOME/cache``: lost without harm, and a home that cannot be written is no failure."""

from __future__ import annotations

import os

from arena_core import drafts
from arena_core.home import arena_home
from arena_core.kube import jsontext
from arena_core.lazily import Logger
from arena_core.typed import Any

log = Logger(__name__)


def load(name: str) -> Any:
    """Return what is kept under this name, or None where nothing (or nothing readable) is."""
    try:
        with open(os.path.join(arena_home(), "cache", name), "rb") as file:
            return jsontext.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return None


def save(name: str, data: Any) -> None:
    """Keep data under this name, for the user alone. The file is replaced at once, so that another command never reads half of it."""
    path = os.path.join(arena_home(), "cache", name)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        drafts.write(path, jsontext.dumps(data))
    except OSError as error:
        log.debug("%s cannot be written: %s", path, error.strerror)
