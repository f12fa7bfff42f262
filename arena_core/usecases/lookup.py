"""The read-only view of the cluster that a job type's preflight gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.errors import ArenaError, ClusterUnreachable, KindNotInstalled, NotFound
from arena_core.contract.types import Manifest, Resource
from arena_core.typed import Any
from arena_core.usecases.session import Session
from arena_core.usecases.unread import is_partial


class ClusterLookup:
    """``Lookup`` over a cluster: what is not there, not served, not allowed or broken is None.

    ``unread`` are phrases of what could not be read already: an API that has failed is not tried again, which takes seconds each time.
    """

    def __init__(self, session: Session, namespace: str, unread: Sequence[str] = ()) -> None:
        self._cluster = session.cluster
        self._namespace = namespace
        self._kept: dict[tuple[str, str, str], Manifest | None] = {}
        self._denied: dict[tuple[str, str, str], str] = {}
        self._broken = {_group(text.partition(" ")[0]) for text in unread if "(the API answers" in text}
        self._served: dict[str, bool | None] = {}
        self._lists: dict[tuple[str, str], list[Manifest] | None] = {}

    def denied(self) -> tuple[str, ...]:
        """Return what was looked for and may not be read: ``LocalQueue q``."""
        return tuple(sorted(f"{kind} {name}" for (_, _, name), kind in self._denied.items() if kind not in ("Pod", "Namespace")))

    def get(self, resource: Resource, name: str, namespace: str = "") -> Manifest | None:
        """Return the object, or None if it, its kind or the right to read it is missing."""
        key = self._key(resource, name, namespace)
        if key not in self._kept:
            self._kept[key] = None
            if resource.group in self._broken:
                self._denied[key] = resource.kind
                return None
            try:
                self._kept[key] = self._cluster.get(resource, key[1], name)
                self._served[resource.key] = True
            except NotFound:
                self._served[resource.key] = True
            except KindNotInstalled:
                self._served[resource.key] = False
            except ArenaError as error:
                self._failed(resource, error)
                self._denied[key] = resource.kind
        return self._kept[key]

    def list(self, resource: Resource, namespace: str = "") -> Sequence[Manifest] | None:
        """Return all objects of the kind (of every namespace with ``*``), or None where they cannot be read or are not served."""
        where = "" if namespace == "*" or not resource.namespaced else namespace or self._namespace
        if (resource.key, where) not in self._lists:
            self._lists[resource.key, where] = None
            if resource.group in self._broken:
                return None
            try:
                self._lists[resource.key, where] = self._cluster.list(resource, where).items
            except ArenaError as error:
                self._failed(resource, error)
        return self._lists[resource.key, where]

    def exists(self, resource: Resource, name: str, namespace: str = "") -> bool | None:
        """Return whether the object exists; None where that may not be known, False also where its kind is not served."""
        found = self.get(resource, name, namespace)
        return None if self._key(resource, name, namespace) in self._denied else found is not None

    def serves(self, resource: Resource) -> bool | None:
        """Return whether the cluster serves the kind; asks only where no earlier look has told."""
        if resource.key not in self._served:
            broken = resource.group in self._broken
            self._served[resource.key] = None if broken else self._cluster.serves(resource, self._namespace)
        return self._served[resource.key]

    def known(self, resource: Resource) -> bool:
        """Return whether an earlier look has told that the cluster serves the kind; asks nothing."""
        return bool(self._served.get(resource.key))

    def _failed(self, resource: Resource, error: ArenaError) -> None:
        """Take note of an API that is broken; raise where more than this one is."""
        if not is_partial(error):
            raise error
        if isinstance(error, ClusterUnreachable):
            self._broken.add(resource.group)

    def _key(self, resource: Resource, name: str, namespace: str) -> tuple[str, str, str]:
        return resource.key, (namespace or self._namespace) if resource.namespaced else "", name

    def served_fields(self, resource: Resource) -> Mapping[str, Any] | None:
        """Return the served OpenAPI schema of the kind, or None where it cannot be read."""
        path = f"/openapi/v3/apis/{resource.group}/{resource.version}" if resource.group else f"/openapi/v3/api/{resource.version}"
        try:
            answer = self._cluster.request("GET", path)
            document = answer.json() if answer.ok else None
        except (ArenaError, ValueError):
            return None
        schemas = ((document or {}).get("components") or {}).get("schemas") or {}
        wanted = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        for schema in schemas.values():
            if wanted in (schema.get("x-kubernetes-group-version-kind") or []):
                return dict(schema)
        return None


def _group(key: str) -> str:
    """Return the group of ``workloads.kueue.x-k8s.io``."""
    return key.partition(".")[2]
