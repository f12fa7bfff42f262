"""Read kubeconfig files by kubectl's rules: several files merge, the first to name something wins, paths are relative to their file."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from arena_core.errors import ClusterUnreachable

_PATHS = {
    "clusters": ("certificate-authority",),
    "users": ("client-certificate", "client-key", "tokenFile"),
}
_LISTS = {"clusters": "cluster", "users": "user", "contexts": "context"}


class Context(NamedTuple):
    """One context with what it points to; ``user`` may hold secrets and stays out of texts."""

    name: str
    cluster: dict[str, Any]
    user: dict[str, Any]
    user_name: str = ""
    namespace: str = ""

    def __repr__(self) -> str:
        return f"Context({self.name!r}, user_name={self.user_name!r})"


class Kubeconfig:
    """Merged files: entries by name, and the files they came from."""

    def __init__(self, files: tuple[str, ...]) -> None:
        self.files = files
        self.current = ""
        self.clusters: dict[str, dict[str, Any]] = {}
        self.users: dict[str, dict[str, Any]] = {}
        self.contexts: dict[str, dict[str, Any]] = {}

    @property
    def source(self) -> str:
        """The files' names for messages."""
        return ", ".join(self.files)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to connect to: no context and no cluster."""
        return not self.contexts and not self.clusters

    def select(self, name: str = "") -> Context:
        """Return the named or the current context; a missing one is an error that lists those there are."""
        there = ", ".join(sorted(self.contexts)) or "none"
        wanted = name or self.current
        if not wanted:
            raise ClusterUnreachable(
                f"{self.source} has no current context", f"choose one with --context or `kubectl config use-context`; there are: {there}"
            )
        entry = self.contexts.get(wanted)
        if entry is None:
            raise ClusterUnreachable(f"context {wanted} is not in {self.source}", f"the contexts there are: {there}")
        cluster = self.clusters.get(str(entry.get("cluster") or ""))
        if cluster is None or not cluster.get("server"):
            named = entry.get("cluster") or "(unnamed)"
            raise ClusterUnreachable(f"context {wanted} of {self.source} names cluster {named}, which has no server there")
        user_name = str(entry.get("user") or "")
        user = self.users.get(user_name)
        if user_name and user is None:
            raise ClusterUnreachable(f"context {wanted} of {self.source} names user {user_name}, who is not there")
        return Context(wanted, cluster, user or {}, user_name, str(entry.get("namespace") or ""))


def load(paths: Sequence[str | Path]) -> Kubeconfig:
    """Read and merge the files."""
    merged = Kubeconfig(tuple(str(p) for p in paths))
    for path in paths:
        data = _read(Path(path))
        merged.current = merged.current or str(data.get("current-context") or "")
        for section, key in _LISTS.items():
            target: dict[str, dict[str, Any]] = getattr(merged, section)
            for name, entry in _entries(data, section, key, path):
                target.setdefault(name, _with_full_paths(entry, section, Path(path).parent))
    return merged


def from_environment(value: str) -> Kubeconfig:
    """Read the files of ``$KUBECONFIG``. Of several, missing ones are left out, as kubectl does; one alone must exist."""
    paths = list(dict.fromkeys(p for p in value.split(os.pathsep) if p))
    expanded = [str(Path(p).expanduser()) for p in paths]
    there = [p for p in expanded if Path(p).exists()]
    if not there:
        raise ClusterUnreachable(f"kubeconfig {value} (from $KUBECONFIG) does not exist", "correct or unset KUBECONFIG")
    return load(there)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ClusterUnreachable(f"kubeconfig {path} does not exist", "check --config and $KUBECONFIG") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ClusterUnreachable(f"kubeconfig {path} cannot be read: {reason}", "check the file and its permissions") from None
    data = _parse(text, path)
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ClusterUnreachable(f"kubeconfig {path} is not a mapping", "it is no kubeconfig")
    return data


def _parse(text: str, path: Path) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            pass
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506  # a safe loader
    except yaml.YAMLError as error:
        # The problem's own text quotes the line, which may hold a token; only its place is told.
        mark = getattr(error, "problem_mark", None)
        place = f" near line {mark.line + 1}" if mark else ""
        raise ClusterUnreachable(f"kubeconfig {path} is not valid YAML{place}", "correct the file") from None


def _entries(data: dict[str, Any], section: str, key: str, path: str | Path) -> list[tuple[str, dict[str, Any]]]:
    rows = data.get(section) or []
    if not isinstance(rows, list):
        raise ClusterUnreachable(f"kubeconfig {path}: `{section}` is not a list", "correct the file")
    found = []
    for row in rows:
        if not isinstance(row, dict) or not row.get("name"):
            raise ClusterUnreachable(f"kubeconfig {path}: an entry of `{section}` has no name", "correct the file")
        entry = row.get(key) or {}
        if not isinstance(entry, dict):
            raise ClusterUnreachable(f"kubeconfig {path}: `{section}` {row['name']} is not a mapping", "correct the file")
        found.append((str(row["name"]), entry))
    return found


def _with_full_paths(entry: dict[str, Any], section: str, folder: Path) -> dict[str, Any]:
    done = dict(entry)
    for key in _PATHS.get(section, ()):
        if done.get(key):
            done[key] = str(folder / Path(str(done[key])).expanduser())
    command = (done.get("exec") or {}).get("command", "") if section == "users" else ""
    if command and os.sep in command:
        done["exec"] = {**done["exec"], "command": str(folder / command)}
    return done
