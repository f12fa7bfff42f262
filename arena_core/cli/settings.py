"""What the configuration says, with where each value comes from; flags of jobs are in ``submit.fromconfig``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from arena_core.cli.configfiles import FOLDERS, KEYS, Layer, layers, reaches_out, short
from arena_core.cli.oldconfig import old_lines
from arena_core.records import record
from arena_core.typed import Any

#: Keys whose values are no single ones: each of their parts is a setting of its own.
MAPS = ("defaults", "types", "profiles")


@record
class Setting:
    """One value: its key with dots, whose file it is from, and which file that is."""

    key: str
    value: Any
    source: str
    file: str


def settings(found: Iterable[Layer] | None = None) -> dict[str, Setting]:
    """Return what holds, by key: of several files the nearest counts."""
    held: dict[str, Setting] = {}
    for layer in with_old(layers() if found is None else list(found)):
        for key, value in flat(layer.data):
            top, dot, rest = key.partition(".")
            if layer.whose == "folder" and (top not in FOLDERS or (dot and reaches_out(rest.rpartition(".")[2]))):
                continue
            held[key] = Setting(key, value, layer.whose, short(layer.path))
    return dict(sorted(held.items(), key=lambda pair: (list(KEYS).index(pair[0].partition(".")[0]), pair[0])))


def with_old(found: list[Layer]) -> list[Layer]:
    """Return the files with Arena's own one before the user's."""
    lines, path = old_lines()
    data = {key: value for key, value in lines.items() if key in KEYS}
    if not data:
        return found
    at = next((number for number, layer in enumerate(found) if layer.whose in ("user", "folder")), len(found))
    return [*found[:at], Layer("user", path, data), *found[at:]]


def flat(data: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Yield every value with its key in dots."""
    for key, value in data.items():
        if value is None:
            continue
        if key == "defaults":
            yield from ((f"{key}.{name}", one) for name, one in value.items())
        elif key in MAPS:
            yield from ((f"{key}.{name}.{flag}", one) for name, flags in value.items() for flag, one in flags.items())
        else:
            yield key, value


def from_environment() -> dict[str, Setting]:
    """Return what variables say in place of keys."""
    rows = {"kubeconfig": "KUBECONFIG", "prometheus_address": "PROMETHEUS_ADDRESS", "prometheus_token": "PROMETHEUS_TOKEN"}
    return {key: Setting(key, os.environ[name], "environment", f"${name}") for key, name in rows.items() if os.environ.get(name)}


def shown(setting: Setting) -> str:
    """Return a value as text, but none that is a secret by its name."""
    from arena_core.discreet import HIDDEN, discreet, is_secret

    if is_secret(setting.key.rpartition(".")[2]):
        return HIDDEN
    if isinstance(setting.value, str):
        return discreet(setting.value)
    import json

    from arena_core.discreet import redacted

    return json.dumps(redacted(setting.value))
