"""What the configuration says, as commands use it: of the site's, the user's and the folder's file, and of Arena's own one."""

from __future__ import annotations

from collections.abc import Mapping

from arena_core.cli.configfiles import Layer, layers
from arena_core.cli.oldconfig import old_lines
from arena_core.cli.settings import Setting, settings
from arena_core.contract.errors import UsageError
from arena_core.history.journal import Rules
from arena_core.records import field, record


@record
class Config:
    """What the files say; empty where they say nothing."""

    namespace: str = ""
    context: str = ""
    kubeconfig: str = ""
    profile: str = ""
    #: Commands and URLs that are told of the end of every job: the site's, then the user's.
    notify: tuple[str, ...] = ()
    image_pull_secrets: tuple[str, ...] = ()
    image_pull_policy: str = ""
    prometheus_address: str = ""
    prometheus_token: str = ""
    history: Rules = Rules()  # noqa: RUF009
    #: Every line of Arena's own file, by its key: ``TYPE_FIELD`` is the default of a flag of one job type; and where that file is.
    lines: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    #: The files with more than lines, the one that goes first last.
    layers: tuple[Layer, ...] = ()


def load_config() -> Config:
    """Read all files that are there."""
    lines, path = old_lines()
    found = layers()
    held = settings(found)
    values = {**lines, **{key: _text(held[key]) for key in held if not isinstance(held[key].value, dict | list)}}
    secrets = lines.get("imagePullSecrets", "")
    return Config(
        **{key: values.get(key, "") for key in ("namespace", "context", "kubeconfig", "profile", "prometheus_address", "prometheus_token")},
        notify=tuple(dict.fromkeys(one for layer in found if layer.whose != "folder" for one in _many(layer.data.get("notify")))),
        image_pull_secrets=tuple(s.strip() for s in secrets.split(",") if s.strip()),
        image_pull_policy=lines.get("imagePullPolicy", ""),
        history=_rules(values, held, path),
        lines=values,
        path=path,
        layers=tuple(found),
    )


def _many(said: object) -> list[str]:
    return [said] if isinstance(said, str) else [str(one) for one in said] if isinstance(said, list) else []


def _text(setting: Setting) -> str:
    return str(setting.value).lower() if isinstance(setting.value, bool) else str(setting.value)


def _rules(values: Mapping[str, str], held: Mapping[str, Setting], path: str) -> Rules:
    """What is kept of jobs, and for how long."""
    if not any(key.startswith("history") for key in values):
        return Rules()

    def where(key: str) -> str:
        return held[key].file if key in held else path

    word = values.get("history", "on").lower()
    if word not in ("on", "off", "true", "false"):
        raise UsageError(f"{where('history')}: history={word}: expected on or off")
    numbers: dict[str, int] = {}
    for what in ("days", "lines", "megabytes"):
        key = f"history_{what}"
        text = values.get(key, "")
        if text and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise UsageError(f"{where(key)}: {key}={text}: expected a number")
        if text:
            numbers[what] = int(text)
    return Rules(on=word in ("on", "true"), **numbers)
