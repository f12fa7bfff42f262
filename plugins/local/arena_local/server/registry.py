"""Which resources are served: the built-in ones and those of the CRDs, by path, by id and by kind."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from arena_local.server.builtin import ALL_VERBS, BuiltinKind, Sub, builtin_kinds
from arena_local.server.schema import Node, builtin_schema, compile_schema

_CR_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


@dataclass(eq=False)
class Resource:
    """One resource in one version. ``id`` is ``plural.group``; versions of a CRD share it, and ``storage_id`` is where objects lie."""

    group: str
    version: str
    plural: str
    kind: str
    singular: str
    list_kind: str
    namespaced: bool
    short: tuple[str, ...]
    categories: tuple[str, ...]
    verbs: tuple[str, ...]
    subs: tuple[Sub, ...]
    custom: bool
    generation: bool
    storage_id: str
    definition: str = ""
    crd: Callable[[], Mapping[str, Any]] | None = None
    crd_versions: tuple[Mapping[str, Any], ...] = ()
    crd_version: Mapping[str, Any] = field(default_factory=dict)
    storage_version: str = ""
    _schema: Node | None = None
    has_rules: bool = False

    @property
    def id(self) -> str:
        """Return ``plural.group``, or the plural in the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """Return ``group/version``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def raw_schema(self) -> Mapping[str, Any]:
        """Return the ``openAPIV3Schema`` of a custom resource's version, read from its CRD; empty where there is none."""
        versions = self.crd()["spec"]["versions"] if self.crd else ()
        found: Mapping[str, Any] = next((version for version in versions if version["name"] == self.version), {})
        schema: Mapping[str, Any] = (found.get("schema") or {}).get("openAPIV3Schema") or {}
        return schema

    @property
    def schema(self) -> Node:
        """Return the compiled schema, compiled when first asked for."""
        if self._schema is None:
            if self.custom:
                raw = self.raw_schema or {"x-kubernetes-preserve-unknown-fields": True}
                self._schema = compile_schema(raw)
                self.has_rules = _has_rules(raw)
            else:
                self._schema = builtin_schema(self.definition)
        return self._schema

    @property
    def storage_hash(self) -> str:
        """Return the hash of the stored group, version and kind, as discovery shows it."""
        text = f"{self.group}/{self.storage_version or self.version}/{self.kind}"
        return base64.b64encode(hashlib.sha256(text.encode()).digest()[:8]).decode()

    def sub(self, name: str) -> Sub | None:
        """Return a subresource."""
        return next((sub for sub in self.subs if sub[0] == name), None)

    @property
    def has_status(self) -> bool:
        """Whether status is a subresource of its own."""
        return self.sub("status") is not None


def _has_rules(raw: Any) -> bool:
    if isinstance(raw, Mapping):
        return bool(raw.get("x-kubernetes-validations")) or any(_has_rules(value) for value in raw.values())
    return isinstance(raw, list) and any(_has_rules(item) for item in raw)


def _builtin(row: BuiltinKind) -> Resource:
    core_event = row.group == "events.k8s.io"
    return Resource(
        group=row.group,
        version=row.version,
        plural=row.plural,
        kind=row.kind,
        singular=row.kind.lower(),
        list_kind=row.kind + "List",
        namespaced=row.namespaced,
        short=row.short,
        categories=row.categories,
        verbs=row.verbs,
        subs=row.subs,
        custom=False,
        generation=row.generation,
        storage_id="events" if core_event else (f"{row.plural}.{row.group}" if row.group else row.plural),
        definition=f"{row.package}.{row.kind}",
    )


def crd_resources(read: Callable[[], Mapping[str, Any]]) -> list[Resource]:
    """Return the served versions of a CRD. Its schemas are left where they are, and read when somebody needs them."""
    crd = read()
    spec, found = crd["spec"], []
    names = crd.get("status", {}).get("acceptedNames") or spec["names"]
    storage = next((version["name"] for version in spec["versions"] if version.get("storage")), "")
    versions = tuple({key: value for key, value in version.items() if key != "schema"} for version in spec["versions"])
    for version in versions:
        if not version.get("served"):
            continue
        given = version.get("subresources") or {}
        subs: list[Sub] = []
        if "status" in given:
            subs.append(("status", "", "", "", ("get", "patch", "update")))
        if "scale" in given:
            subs.append(("scale", "Scale", "autoscaling", "v1", ("get", "patch", "update")))
        found.append(
            Resource(
                group=spec["group"],
                version=version["name"],
                plural=names["plural"],
                kind=names["kind"],
                singular=names.get("singular") or names["kind"].lower(),
                list_kind=names.get("listKind") or names["kind"] + "List",
                namespaced=spec["scope"] == "Namespaced",
                short=tuple(names.get("shortNames") or ()),
                categories=tuple(names.get("categories") or ()),
                verbs=_CR_VERBS,
                subs=tuple(subs),
                custom=True,
                generation=True,
                storage_id=f"{names['plural']}.{spec['group']}",
                crd=read,
                crd_versions=versions,
                crd_version=version,
                storage_version=storage,
            )
        )
    return found


def version_order(version: str) -> tuple[int, int, int, str]:
    """Return a sort key: ``v2``, ``v1``, ``v1beta1``, ``v1alpha1``, then the rest by name."""
    text = version[1:] if version.startswith("v") else ""
    for rank, word in ((1, "beta"), (2, "alpha")):
        major, found, minor = text.partition(word)
        if found and major.isdigit() and minor.isdigit():
            return (rank, -int(major), -int(minor), "")
    return (0, -int(text), 0, "") if text.isdigit() else (3, 0, 0, version)


class Registry:
    """The served resources. ``changes`` counts up whenever a CRD comes, changes or goes."""

    def __init__(self) -> None:
        self.changes = 0
        self._paths: dict[tuple[str, str, str], Resource] = {}
        self._ids: dict[str, Resource] = {}
        self._kinds: dict[tuple[str, str], Resource] = {}
        self._crds: dict[str, list[Resource]] = {}
        for row in builtin_kinds():
            self._add(_builtin(row))

    def twin(self) -> Registry:
        """Return a registry that serves the same; schemas that are compiled are so in both."""
        made = copy(self)
        made._paths, made._ids, made._kinds, made._crds = dict(self._paths), dict(self._ids), dict(self._kinds), dict(self._crds)
        return made

    def _add(self, resource: Resource) -> None:
        self._paths[resource.group, resource.version, resource.plural] = resource
        self._kinds[resource.api_version, resource.kind] = resource
        if resource.id not in self._ids or resource.version == resource.storage_version:
            self._ids[resource.id] = resource

    def at(self, group: str, version: str, plural: str) -> Resource | None:
        """Return the resource of a path."""
        return self._paths.get((group, version, plural))

    def by_id(self, resource: str) -> Resource | None:
        """Return the resource called ``plural.group``, in the version in which it is stored."""
        return self._ids.get(resource)

    def by_kind(self, api_version: str, kind: str) -> Resource | None:
        """Return the resource of a kind."""
        return self._kinds.get((api_version, kind))

    def all(self) -> Iterator[Resource]:
        """Yield every served resource and version."""
        yield from self._paths.values()

    def groups(self) -> dict[str, list[str]]:
        """Return the versions of each group but the core one, in order of preference."""
        found: dict[str, list[str]] = {}
        for group, version, _ in self._paths:
            if group and version not in found.setdefault(group, []):
                found[group].append(version)
        return {group: sorted(versions, key=version_order) for group, versions in found.items()}

    def of(self, group: str, version: str) -> list[Resource]:
        """Return the resources of one group and version, by name."""
        return sorted((r for key, r in self._paths.items() if key[:2] == (group, version)), key=lambda r: r.plural)

    def put_crd(self, name: str, read: Callable[[], Mapping[str, Any]]) -> None:
        """Serve a CRD, or what has changed of it; ``read`` returns it."""
        self.drop_crd(name)
        self._crds[name] = crd_resources(read)
        for resource in self._crds[name]:
            self._add(resource)
        self.changes += 1

    def serves(self, name: str) -> bool:
        """Return whether a CRD's kinds are served."""
        return name in self._crds

    def drop_crd(self, name: str) -> None:
        """Serve a CRD no longer."""
        for resource in self._crds.pop(name, ()):
            self._paths.pop((resource.group, resource.version, resource.plural), None)
            self._kinds.pop((resource.api_version, resource.kind), None)
            self._ids.pop(resource.id, None)
        self.changes += 1


__all__ = ["ALL_VERBS", "Registry", "Resource", "crd_resources", "version_order"]
