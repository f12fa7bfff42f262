"""Arena's own configuration file: ``key=value`` lines in ``$ARENA_CONFIG`` or ``~/.arena/config``."""

from __future__ import annotations

import os

from arena_core.contract.errors import UsageError
from arena_core.home import arena_home, expanded, has_home


def config_path() -> str:
    """Where the file is: ``$ARENA_CONFIG`` if it exists, else ``config`` in ``$ARENA_HOME`` (``~/.arena``)."""
    named = os.environ.get("ARENA_CONFIG", "")
    if named and os.path.isfile(expanded(named)):
        return expanded(named)
    return os.path.join(arena_home(), "config")


def old_lines() -> tuple[dict[str, str], str]:
    """Return the lines by key, and where they are. Unknown keys are left alone (Arena may know them); one without ``=`` is an error."""
    if not os.environ.get("ARENA_HOME") and not has_home():
        return {}, ""
    path = config_path()
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return {}, path
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(f"cannot read {path}: {exc}") from exc
    values: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise UsageError(f"{path}, line {number}: expected key=value, found {line!r}")
        values[key.strip()] = value.strip()
    return values, path
