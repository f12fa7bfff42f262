"""Kubeconfig files by kubectl's rules: several files merge, the first to name something wins, paths are relative to their file."""

from __future__ import annotations

import os
from collections.abc import Sequence

from arena_core.contract.errors import ClusterUnreachable
from arena_core.home import expanded
from arena_core.kube import kubefile
from arena_core.kube.kubefile import Entry
from arena_core.records import record


@record
class Context:
    """One context with what it points to; ``user`` may hold secrets and stays out of texts."""

    name: str
    cluster: Entry
    user: Entry
    user_name: str = ""
    namespace: str = ""

    def __repr__(self) -> str:
        return f"Context({self.name!r}, user_name={self.user_name!r})"


class Kubeconfig:
    """Merged files: entries by name, and the files they came from."""

    def __init__(self, files: tuple[str, ...]) -> None:
        self.files = files
        self.current = ""
        self.clusters: dict[str, Entry] = {}
        self.users: dict[str, Entry] = {}
        self.contexts: dict[str, Entry] = {}

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
        cluster = self.clusters.get(entry.get("cluster") or "")
        if cluster is None or not cluster.get("server"):
            named = entry.get("cluster") or "(unnamed)"
            raise ClusterUnreachable(
                f"context {wanted} of {self.source} names cluster {named}, which has no server there", "correct the file"
            )
        user_name = entry.get("user") or ""
        user = self.users.get(user_name)
        if user_name and user is None:
            raise ClusterUnreachable(f"context {wanted} of {self.source} names user {user_name}, who is not there", "correct the file")
        return Context(wanted, cluster, user or {}, user_name, entry.get("namespace") or "")


def load(paths: Sequence[str | os.PathLike[str]]) -> Kubeconfig:
    """Read and merge the files."""
    merged = Kubeconfig(tuple(os.fspath(p) for p in paths))
    for path in paths:
        file = kubefile.read(os.fspath(path))
        merged.current = merged.current or file.current
        for target, entries in ((merged.clusters, file.clusters), (merged.users, file.users), (merged.contexts, file.contexts)):
            for name, entry in entries.items():
                target.setdefault(name, entry)
    return merged


def from_environment(value: str) -> Kubeconfig:
    """Read the files of ``$KUBECONFIG``. Of several, missing ones are left out, as kubectl does; one alone must exist."""
    paths = list(dict.fromkeys(p for p in value.split(os.pathsep) if p))
    there = [p for p in map(expanded, paths) if os.path.exists(p)]
    if not there:
        raise ClusterUnreachable(f"kubeconfig {value} (from $KUBECONFIG) does not exist", "correct or unset KUBECONFIG")
    return load(there)
