"""Arena's own configuration file: ``key=value`` lines in ``$ARENA_CONFIG`` or ``~/.arena/config``."""

from __future__ import annotations

import os
from collections.abc import Mapping

from arena_core.contract.errors import UsageError
from arena_core.history.journal import Rules
from arena_core.home import arena_home, expanded, has_home
from arena_core.records import field, record


@record
class Config:
    """What the file says; empty where it says nothing."""

    namespace: str = ""
    image_pull_secrets: tuple[str, ...] = ()
    image_pull_policy: str = ""
    prometheus_address: str = ""
    prometheus_token: str = ""
    history: Rules = Rules()  # noqa: RUF009
    #: Every line, by its key: ``TYPE_FIELD`` is the default of a flag of one job type.
    lines: Mapping[str, str] = field(default_factory=dict)


def config_path() -> str:
    """Where the file is: ``$ARENA_CONFIG`` if it exists, else ``config`` in ``$ARENA_HOME`` (``~/.arena``)."""
    named = os.environ.get("ARENA_CONFIG", "")
    if named and os.path.isfile(expanded(named)):
        return expanded(named)
    return os.path.join(arena_home(), "config")


def load_config() -> Config:
    """Read the file. Unknown keys are left alone (newer programs may know them), a line without ``=`` is an error."""
    if not os.environ.get("ARENA_HOME") and not has_home():
        return Config()
    path = config_path()
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return Config()
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
    secrets = values.get("imagePullSecrets", "")
    return Config(
        namespace=values.get("namespace", ""),
        image_pull_secrets=tuple(s.strip() for s in secrets.split(",") if s.strip()),
        image_pull_policy=values.get("imagePullPolicy", ""),
        prometheus_address=values.get("prometheus_address", ""),
        prometheus_token=values.get("prometheus_token", ""),
        history=_rules(values, path),
        lines=values,
    )


def _rules(values: Mapping[str, str], path: str) -> Rules:
    """What is kept of jobs, and for how long."""
    if not any(key.startswith("history") for key in values):
        return Rules()
    word = values.get("history", "on").lower()
    if word not in ("on", "off", "true", "false"):
        raise UsageError(f"{path}: history={word}: expected on or off")
    numbers: dict[str, int] = {}
    for what in ("days", "lines", "megabytes"):
        text = values.get(f"history_{what}", "")
        if text and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise UsageError(f"{path}: history_{what}={text}: expected a number")
        if text:
            numbers[what] = int(text)
    return Rules(on=word in ("on", "true"), **numbers)
