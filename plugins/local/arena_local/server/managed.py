"""managedFields: which manager wrote which field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arena_local.server.fieldsets import Difference, Path, read_set, write_set
from arena_local.server.registry import Resource

Obj = dict[str, Any]
_META = [
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
    "deletionTimestamp",
]
_STRIPPED = frozenset({("f:apiVersion",), ("f:kind",), ("f:metadata",), *(("f:metadata", f"f:{name}") for name in _META)})
#: Go structs that are there in every object of a built-in kind, so that no write adds them.
_STRUCTS: Obj = {"metadata": {}, "spec": {}, "status": {}, "involvedObject": {}, "source": {}, "roleRef": {}}
_INNER: Obj = {"template": {"metadata": {}, "spec": {}}, "strategy": {}, "updateStrategy": {}, "resources": {}, "jobTemplate": {}}


class Manager:
    """One entry of managedFields, its fields as a set."""

    __slots__ = ("fields", "name", "operation", "subresource", "time", "version", "written")

    def __init__(self, name: str, operation: str, version: str, subresource: str, fields: set[Path], time: str | None) -> None:
        #: The fields as they stand in the stored object, where they are still those.
        self.written: Obj | None = None
        self.name = name
        self.operation = operation
        self.version = version
        self.subresource = subresource
        self.fields = fields
        self.time = time

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells two managers apart."""
        return self.name, self.operation, self.version if self.operation == "Update" else "", self.subresource


def read_managers(entries: list[Obj] | None) -> list[Manager]:
    """Return the managers of an object."""
    found = []
    for entry in entries or ():
        if not isinstance(entry, dict) or not entry.get("operation"):
            continue
        fields = set(read_set(entry.get("fieldsV1") or {}))
        found.append(
            Manager(
                entry.get("manager", ""),
                entry["operation"],
                entry.get("apiVersion", ""),
                entry.get("subresource", ""),
                fields,
                entry.get("time"),
            )
        )
    return found


def write_managers(managers: list[Manager]) -> list[Obj]:
    """Return managers as managedFields, in Kubernetes' order."""
    out = []
    for item in sorted(managers, key=lambda m: (m.operation, m.time or "", m.name, m.version, m.subresource)):
        if not item.fields:
            continue
        entry: Obj = {"manager": item.name, "operation": item.operation, "apiVersion": item.version}
        if item.time:
            entry["time"] = item.time
        entry |= {"fieldsType": "FieldsV1", "fieldsV1": write_set(item.fields) if item.written is None else item.written}
        if item.subresource:
            entry["subresource"] = item.subresource
        out.append(entry)
    return out


def difference(resource: Resource, old: Obj, new: Obj) -> Difference:
    """Return what a write changed, without what belongs to the server."""
    found = Difference()
    found.compare(resource.schema, old, new)
    found.changed -= _STRIPPED
    found.removed -= _STRIPPED
    return found


def blank(resource: Resource, new: Obj) -> Obj:
    """Return what an object is compared with when it is new."""
    if resource.custom:
        return {"metadata": {}}
    return {key: _blank_inner(new[key]) if key == "spec" else value for key, value in _STRUCTS.items() if key in new}


def _blank_inner(spec: Any) -> Obj:
    return {key: value for key, value in _INNER.items() if isinstance(spec, dict) and isinstance(spec.get(key), dict)}


def cleared(given: Any) -> bool:
    """Return whether a client asks to forget all managers: a list with one empty entry."""
    return isinstance(given, list) and len(given) == 1 and not given[0]


def _reuse(managers: list[Manager], before: list[int], stored: Sequence[Obj], changed: Manager | None) -> None:
    """Let those whose fields are what they were be written as they are stored: most writes change values only."""
    entries = [entry for entry in stored if isinstance(entry, dict) and entry.get("operation")]
    for item, size, entry in zip(managers, before, entries, strict=False):
        if item is not changed and len(item.fields) == size:
            item.written = entry.get("fieldsV1")


def record_update(resource: Resource, new: Obj, old: Obj | None, manager: str, subresource: str, now: str) -> None:
    """Note in ``new`` what this write has changed."""
    own = new["metadata"]
    given = own.pop("managedFields", None)
    if cleared(given):
        return
    stored = old["metadata"].get("managedFields") if old is not None else None
    known = given or stored
    if old is not None and not known:
        return  # An object whose managers were cleared is not tracked until somebody applies.
    managers = read_managers(known)
    before = [len(item.fields) for item in managers]
    found = difference(resource, old if old is not None else blank(resource, new), new)
    mine = Manager(manager, "Update", resource.api_version, subresource, set(), now)
    entry = next((item for item in managers if item.key == mine.key), None)
    if entry is None:
        managers.append(entry := mine)
    mine_before = set(entry.fields)
    for item in managers:
        if item is not entry:
            item.fields -= found.changed
        item.fields -= found.removed
    entry.fields |= found.changed
    if entry.fields != mine_before:
        entry.time = now
    if known == stored:
        _reuse(managers, before, stored or (), entry if entry.fields != mine_before else None)
    written = write_managers(managers)
    if written:
        own["managedFields"] = written
