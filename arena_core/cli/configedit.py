"""Changing a configuration file: one value at a time, checked as a whole before it is written."""

from __future__ import annotations

import copy
import os
from typing import Any

from arena_core import drafts
from arena_core.cli import configfiles
from arena_core.cli.configfiles import FOLDERS, KEYS, Layer, reaches_out
from arena_core.cli.parse import nearest
from arena_core.cli.submit.setpath import put
from arena_core.contract.errors import NotFound, UsageError

SCOPES = ("user", "folder", "site")


def path_of(scope: str) -> str:
    """Return the file of a scope; a folder's that is not there yet is that of the current folder."""
    if scope == "site":
        return configfiles.site_path()
    if scope == "folder":
        return configfiles.folder_path() or os.path.join(os.getcwd(), configfiles.FOLDER)
    return configfiles.user_path()


def change(scope: str, key: str, value: str) -> tuple[str, str]:
    """Set a key to a value as it is typed; returns the file, and the copy of it as it was where comments would be lost."""
    path = path_of(scope)
    before = configfiles.read(path) or {}
    data = copy.deepcopy(before)
    _check_key(scope, key)
    put(data, key, value)
    configfiles.check(path, data)
    _check_flags(scope, key, Layer(scope, path, data))
    return path, _write(path, data)


def remove(scope: str, key: str) -> tuple[str, str]:
    """Take a key away; raises ``NotFound`` where the file does not have it."""
    path = path_of(scope)
    data = configfiles.read(path) or {}
    *above, last = key.split(".")
    at: Any = data
    for part in above:
        at = at.get(part) if isinstance(at.get(part), dict) else {}
    if last not in at:
        raise NotFound(f"{key} is not set in {configfiles.short(path)}", "`arena config view` shows what is set, and where")
    del at[last]
    return path, _write(path, data)


def known(key: str) -> None:
    """Refuse a key that no configuration has, by its first part."""
    top = key.partition(".")[0]
    if top not in KEYS:
        close = nearest(top, KEYS)
        raise UsageError(f"unknown key {top!r}", f"did you mean {close}?" if close else f"known: {', '.join(KEYS)}")


def _check_key(scope: str, key: str) -> None:
    known(key)
    top, dot, rest = key.partition(".")
    levels = {"flags": 1, "named flags": 2}.get(KEYS[top], 0)
    if levels and rest.count(".") + bool(dot) < levels:
        form = f"{top}.FLAG" if levels == 1 else f"{top}.NAME.FLAG"
        raise UsageError(f"{key} holds several values", f"set one of them: {form}")
    if scope == "folder" and top not in FOLDERS:
        raise UsageError(f"{top} is not taken from a folder's file", "leave out --scope: it belongs into your own configuration")


def _check_flags(scope: str, key: str, layer: Layer) -> None:
    """Refuse a flag that no type has, and one that a folder's file must not set."""
    top, _, rest = key.partition(".")
    if top not in ("defaults", "types", "profiles"):
        return
    from arena_core.cli.submit.fromconfig import known_somewhere

    section, flag = (top, rest.partition(".")[0]) if top == "defaults" else (f"{top}.{rest.split('.')[0]}", rest.split(".")[1])
    known_somewhere(section, flag, layer)
    if scope == "folder" and reaches_out(flag):
        raise UsageError(f"{flag} is not taken from a folder's file", "leave out --scope: it belongs into your own configuration")


def _write(path: str, data: dict[str, Any]) -> str:
    """Write the file at once, readable by its owner alone where it is new; returns the copy that has the comments."""
    import yaml

    kept = ""
    mode = 0o600
    try:
        with open(path, encoding="utf-8") as file:
            old = file.read()
        mode = os.stat(path).st_mode & 0o777
        if any(line.lstrip().startswith("#") or " #" in line for line in old.splitlines()):
            kept = f"{path}.before"
            _put(kept, old, mode)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise UsageError(f"cannot change {path}: {error.strerror or error}") from error
    _put(path, yaml.safe_dump(data, sort_keys=False, allow_unicode=True) if data else "", mode)
    return kept


def _put(path: str, text: str, mode: int) -> None:
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        drafts.write(path, text.encode(), mode)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
