"""The configuration files: the site's, the user's, and that of the folder in which a command is typed; each is checked strictly."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache

from arena_core.contract.errors import UsageError
from arena_core.home import arena_home, expanded, has_home
from arena_core.records import record
from arena_core.typed import Any

#: What every user of this machine has; another place is for tests, and for sites without /etc.
SITE = "/etc/arena/config.yaml"
FOLDER = ".arena.yaml"
#: Nobody writes a longer one.
LARGEST = 2**18
#: Key → what it holds. Those that end in a dot are maps whose keys are free: flags, types, names of profiles.
KEYS: Mapping[str, str] = {
    "namespace": "text",
    "context": "text",
    "kubeconfig": "text",
    "profile": "text",
    "defaults": "flags",
    "types": "named flags",
    "profiles": "named flags",
    "notify": "texts",
    "prometheus_address": "text",
    "prometheus_token": "text",
    "mlflow_tracking_uri": "text",
    "history": "switch",
    "history_days": "number",
    "history_lines": "number",
    "history_megabytes": "number",
}
#: What a folder's file may say: it may come with a repository of somebody else's, and entering a folder must run and reveal nothing.
FOLDERS = frozenset({"namespace", "context", "profile", "defaults", "types", "profiles"})
#: Flags that read files of this machine, hand out secrets or reach into the node, in any spelling: never taken from a folder's file.
_REACHING = frozenset(
    [
        *("configfile", "configfiles", "patch", "patches", "workdir", "datadir", "datadirs", "envfromsecret", "envfromconfigmap"),
        *("hostnetwork", "hostipc", "hostpid"),
    ]
)


@record
class Layer:
    """One file: whose it is (``site``, ``user``, ``folder``), where, and what it says."""

    whose: str
    path: str
    data: Mapping[str, Any]


def user_path() -> str:
    """Where the user's file is, whether it is there or not."""
    return os.path.join(arena_home(), "config.yaml")


def site_path() -> str:
    """Where the site's file is."""
    return os.environ.get("ARENA_SITE_CONFIG") or SITE


def folder_path() -> str:
    """Return the nearest folder's file up to the repository's root or the home folder; of other places only the folder itself is looked at.

    A file that belongs to another user (but root) is none: whoever can write to a folder above must not steer commands of others.
    """
    try:
        here = os.getcwd()
    except OSError:
        return ""
    home = os.path.expanduser("~") if has_home() else ""
    at, nearest = here, ""
    while True:
        path = os.path.join(at, FOLDER)
        if not nearest and _is_mine(path):
            nearest = path
        if at == home or os.path.exists(os.path.join(at, ".git")):
            return nearest
        above = os.path.dirname(at)
        if above == at:
            return nearest if nearest and os.path.dirname(nearest) == here else ""
        at = above


def _is_mine(path: str) -> bool:
    try:
        return os.stat(path).st_uid in (0, os.getuid())
    except OSError:
        return False


def layers() -> list[Layer]:
    """Return the files that are there, the one that goes first last; raises ``UsageError`` for one that cannot be used."""
    paths = [("site", site_path())]
    if os.environ.get("ARENA_HOME") or has_home():
        paths.append(("user", user_path()))
    paths.append(("folder", folder_path()))
    found = [Layer(whose, path, data) for whose, path in paths if path and (data := read(path)) is not None]
    for layer in found:
        check(layer.path, layer.data)
    return found


def read(path: str) -> dict[str, Any] | None:
    """Return what a file says; None where it is not there."""
    try:
        with open(path, "rb") as file:
            raw = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    if len(raw) > LARGEST:
        raise UsageError(f"{path} is larger than {LARGEST // 1024} KiB, which no configuration is")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not text in UTF-8") from None
    return dict(parse(text, path))


@lru_cache(maxsize=16)
def parse(text: str, path: str) -> dict[str, Any]:
    """Return the mapping that a text holds; nothing at all is an empty one."""
    from arena_core.kube import plainyaml

    if (plain := plainyaml.read(text)) is not None:
        return dict(plain)
    from arena_core.documents import Unreadable, documents

    try:
        found = documents(text)
    except Unreadable as error:
        raise UsageError(f"{path} is not readable YAML: {error}") from None
    if len(found) > 1 or (found and not isinstance(found[0], dict)):
        raise UsageError(f"{path}: expected one mapping, with keys such as 'namespace:' and 'defaults:'")
    return {str(key): value for key, value in found[0].items()} if found else {}


def check(path: str, data: Mapping[str, Any]) -> None:
    """Refuse keys that are not known, and values of the wrong form, all of them at once."""
    wrong = list(_wrong(data))
    if wrong:
        raise UsageError(f"{short(path)}: {'; '.join(wrong)}", "docs/configuration.md lists every key")


def _wrong(data: Mapping[str, Any]) -> Iterator[str]:
    for key, value in data.items():
        form = KEYS.get(key)
        if form is None:
            from arena_core.cli.parse import nearest

            close = nearest(key, KEYS)
            yield f"unknown key {key!r}" + (f"; did you mean {close!r}?" if close else f" (known: {', '.join(KEYS)})")
        elif value is not None and not _fits(form, value):
            yield f"{key}: expected {_FORMS[form]}, found {value!r}" if "token" not in key else f"{key}: expected {_FORMS[form]}"


_FORMS = {
    "text": "text",
    "texts": "a command or URL, or a list of such",
    "flags": "flags and their values",
    "named flags": "names, each with flags and their values",
    "switch": "on or off",
    "number": "a whole number",
}


def _fits(form: str, value: Any) -> bool:
    if form == "text":
        return isinstance(value, str)
    if form == "texts":
        return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))
    if form == "flags":
        return isinstance(value, dict)
    if form == "named flags":
        return isinstance(value, dict) and all(isinstance(one, dict) for one in value.values())
    if form == "switch":
        return isinstance(value, bool) or value in ("on", "off", "true", "false")
    text = str(value)
    return not isinstance(value, bool) and text.isascii() and text.isdigit() and len(text) < 10


def reaches_out(flag: str) -> bool:
    """Whether a flag reads files of this machine, hands out secrets or reaches into the node."""
    return flag.replace("-", "").replace("_", "").lower() in _REACHING


def short(path: str) -> str:
    """Return a path as it is shown: below the home folder with a tilde."""
    home = expanded("~") if has_home() else ""
    return f"~{path[len(home) :]}" if home and path.startswith(f"{home}/") else path
