"""One kubeconfig file, read as strictly as kubectl reads it: every value has its type, every name is there once.

No message quotes a value: any of them may be a secret that slipped into a wrong place.
"""

from __future__ import annotations

import os

from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube import plainyaml
from arena_core.kube.jsontext import loads
from arena_core.kube.secrets import reason_of
from arena_core.records import field, record
from arena_core.typed import Any

MAX_SIZE = 16 << 20
Entry = dict[str, Any]

_SECTIONS = {"clusters": "cluster", "users": "user", "contexts": "context"}
#: The type of every key that is read. What is not named here is left alone, as kubectl does.
_TYPES: dict[str, dict[str, str]] = {
    "clusters": {
        "server": "text",
        "tls-server-name": "text",
        "insecure-skip-tls-verify": "bool",
        "certificate-authority": "path",
        "certificate-authority-data": "base64",
        "proxy-url": "text",
        "disable-compression": "bool",
        "extensions": "maps",
    },
    "users": {
        "client-certificate": "path",
        "client-certificate-data": "base64",
        "client-key": "path",
        "client-key-data": "base64",
        "token": "text",
        "tokenFile": "path",
        "as": "text",
        "as-uid": "text",
        "as-groups": "texts",
        "as-user-extra": "map of texts",
        "username": "text",
        "password": "text",
        "auth-provider": "map",
        "exec": "map",
    },
    "contexts": {"cluster": "text", "user": "text", "namespace": "text"},
    "exec": {
        "command": "text",
        "args": "texts",
        "env": "maps",
        "apiVersion": "text",
        "installHint": "text",
        "provideClusterInfo": "bool",
        "interactiveMode": "text",
    },
    "env": {"name": "text", "value": "text"},
    "auth-provider": {"name": "text", "config": "map"},
}
_EXPECTED = {
    "text": "text (put it in quotes)",
    "path": "text (put it in quotes)",
    "base64": "text in base64",
    "bool": "true or false, without quotes",
    "map": "a mapping",
    "maps": "a list of mappings",
    "texts": "a list of texts",
    "map of texts": "a mapping of lists of texts",
}


@record
class File:
    """What a file says: its current context, and by name its clusters, users and contexts."""

    current: str = ""
    clusters: dict[str, Entry] = field(default_factory=dict)
    users: dict[str, Entry] = field(default_factory=dict)
    contexts: dict[str, Entry] = field(default_factory=dict)


def read(path: str) -> File:
    """Read one file; an empty one says nothing."""
    data = _parse(_text(path), path)
    if data is None:
        return File()
    if not isinstance(data, dict):
        raise _wrong(path, "it is not a mapping", "is it a kubeconfig?")
    if data.get("kind") not in (None, "", "Config") or data.get("apiVersion") not in (None, "", "v1"):
        raise _wrong(path, "it is not of kind Config, version v1", "is it a kubeconfig?")
    current = _value(data.get("current-context"), "text", "current-context", path)
    return File(current or "", *(_section(data, section, path) for section in ("clusters", "users", "contexts")))


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_SIZE + 1)
    except FileNotFoundError:
        raise ClusterUnreachable(f"kubeconfig {path} does not exist", "check --config and $KUBECONFIG") from None
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "is not a path"
        raise ClusterUnreachable(f"kubeconfig {path} {reason}", "check the file and its permissions") from None
    if len(raw) > MAX_SIZE:
        raise _wrong(path, f"it is larger than {MAX_SIZE >> 20} MiB", "is it a kubeconfig?")
    try:
        return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong(path, "it is not UTF-8 text") from None


def _parse(text: str, path: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return loads(text.encode())
        except (ValueError, RecursionError):
            pass
    if (plain := plainyaml.read(text)) is not None:
        return plain
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # Go's reader knows no dates: a token or a name that looks like one stays text.
    resolvers = {k: [(t, r) for t, r in v if not t.endswith(":timestamp")] for k, v in base.yaml_implicit_resolvers.items()}
    loader = type("Loader", (base,), {"yaml_implicit_resolvers": resolvers})
    try:
        # Of several documents kubectl reads the first.
        return next(iter(yaml.load_all(text, Loader=loader)), None)  # noqa: S506  # a safe loader
    except yaml.YAMLError as error:
        # The problem's own text quotes the line, which may hold a token; only its place is told.
        mark = getattr(error, "problem_mark", None)
        raise _wrong(path, "it is not valid YAML" + (f" near line {mark.line + 1}" if mark else "")) from None
    except (ValueError, RecursionError, OverflowError, TypeError):
        raise _wrong(path, "it is not valid YAML") from None


def _section(data: Entry, section: str, path: str) -> dict[str, Entry]:
    rows = _value(data.get(section), "maps", section, path) or []
    found: dict[str, Entry] = {}
    for row in rows:
        name = _value(row.get("name"), "text", f"a name in {section}", path) or ""
        if name in found:
            raise _wrong(path, f"{section}: the name {name!r} appears twice")
        place = f"{_SECTIONS[section]} {name}"
        entry = _value(row.get(_SECTIONS[section]), "map", place, path) or {}
        found[name] = _typed(entry, section, place, path)
    return found


def _typed(entry: Entry, kind: str, place: str, path: str) -> Entry:
    done = dict(entry)
    for key, wanted in _TYPES[kind].items():
        value = done.pop(key, None)
        if value is None:
            continue
        value = done[key] = _value(value, wanted, f"{place}: {key}", path)
        if key in ("exec", "auth-provider"):
            done[key] = _typed(value, key, f"{place}: {key}", path)
        elif key == "env":
            done[key] = [_typed(one, key, f"{place}: env", path) for one in value]
        elif wanted == "path" and value:
            done[key] = os.path.abspath(os.path.join(os.path.dirname(path), value))  # the path may go through a link: it is not resolved
    command = done.get("command", "") if kind == "exec" else ""
    if os.sep in command:
        done["command"] = os.path.abspath(os.path.join(os.path.dirname(path), command))
    return done


def _value(value: Any, wanted: str, place: str, path: str) -> Any:
    """Return a value that has the wanted type; None stays None."""
    if value is None:
        return None
    if wanted == "base64" and isinstance(value, str):
        from binascii import a2b_base64

        try:
            return a2b_base64("".join(value.split("\n")).replace("\r", ""), strict_mode=True)
        except ValueError:
            raise _wrong(path, f"{place} is not base64") from None
    if not _fits(value, wanted):
        raise _wrong(path, f"{place} must be {_EXPECTED[wanted]}")
    return value


def _fits(value: Any, wanted: str) -> bool:
    if wanted in ("text", "path"):
        return isinstance(value, str)
    if wanted == "bool":
        return isinstance(value, bool)
    if wanted == "map":
        return isinstance(value, dict)
    if wanted == "map of texts":
        return isinstance(value, dict) and all(isinstance(k, str) and _fits(v, "texts") for k, v in value.items())
    inner = {"maps": dict, "texts": str}.get(wanted)
    return inner is not None and isinstance(value, list) and all(isinstance(one, inner) for one in value)


def _wrong(path: str, what: str, hint: str = "") -> ClusterUnreachable:
    return ClusterUnreachable(f"kubeconfig {path}: {what}", hint or "correct the file")
