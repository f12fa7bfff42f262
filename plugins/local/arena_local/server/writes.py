"""Create, replace and patch: one straight line from a body to a commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from arena_core.k8s import time
from arena_core.k8s.copies import same
from arena_local.server import check, meta
from arena_local.server.admission import admit, admit_late
from arena_local.server.causes import Cause, bad_value
from arena_local.server.errors import (
    STALE,
    Refusal,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    internal,
    invalid,
    not_found,
)
from arena_local.server.gotypes import ALWAYS
from arena_local.server.intake import check_kind, intake, strictness
from arena_local.server.kinds import strategy_of
from arena_local.server.managed import record_update
from arena_local.server.options import WriteOptions
from arena_local.server.policy import admit as policy
from arena_local.server.policy import resourcequota
from arena_local.server.registry import Resource
from arena_local.server.rules import rule_causes
from arena_local.server.schema import Node
from arena_local.store import Change, Entry

if TYPE_CHECKING:
    from arena_local.server.core import Core

Obj = dict[str, Any]
_STRUCTURAL = frozenset({"FieldValueRequired", "FieldValueTypeInvalid", "FieldValueNotSupported", "FieldValueTooLong", "FieldValueTooMany"})


def place(resource: Resource, namespace: str, obj_meta: Obj) -> None:
    """Write the namespace of the path into the object, or refuse another one."""
    given = obj_meta.get("namespace", "")
    if not resource.namespaced:
        if given and resource.custom:
            raise bad_request("namespace may not be set on a cluster-scoped object")
        obj_meta.pop("namespace", None)
        return
    if given and given != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    obj_meta["namespace"] = namespace


def check_namespace(server: Core, resource: Resource, namespace: str, name: str) -> None:
    """Refuse to create in a namespace that is missing or going away."""
    if not resource.namespaced:
        return
    found = server.store.get("namespaces", "", namespace)
    if found is None:
        raise not_found("namespaces", "", namespace)
    if found.obj["metadata"].get("deletionTimestamp"):
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        causes = [
            {"reason": "NamespaceTerminating", "message": f"namespace {namespace} is being terminated", "field": "metadata.namespace"}
        ]
        raise forbidden(resource.plural, resource.group, name, why, causes)


def create(server: Core, resource: Resource, namespace: str, body: Obj, options: WriteOptions) -> Entry:
    """Create an object; returns it as stored (or as it would be, in a dry run)."""
    check_kind(resource, body, registry=server.registry, warnings=options.warnings)
    obj, unknown = intake(resource, body)
    strictness(resource, unknown, options)
    return create_decoded(server, resource, namespace, obj, options)


def create_decoded(server: Core, resource: Resource, namespace: str, obj: Obj, options: WriteOptions) -> Entry:
    """Create what has been decoded."""
    strategy = strategy_of(resource)
    own = obj["metadata"]
    place(resource, namespace, own)
    namespace = own.get("namespace", "")
    check_namespace(server, resource, namespace, own.get("name", ""))
    if own.get("resourceVersion") not in (None, "", "0"):
        raise internal("resourceVersion should not be set on objects to be created")
    meta.prepare_create(resource, own, server.now())
    if resource.has_status and not strategy.keeps_status:
        obj.pop("status", None)
        if "status" in ALWAYS.get(resource.kind, ()) and not resource.custom:
            obj["status"] = {}
    strategy.prepare_create(server, obj)
    admit(server, resource, obj, None, "CREATE", options)
    strategy.finish_create(server, obj)
    finish_names(server, resource, own, namespace)
    causes = strategy.own_causes(obj, meta.validate(resource, own, options.warnings))
    causes += _content_causes(server, resource, obj, None)
    if causes:
        raise invalid(resource.kind, resource.group, own.get("name", ""), causes)
    if options.heard:
        options.warnings.extend(strategy.warnings(obj, None))
    policy.validate(server, resource, obj, None, options)
    admit_late(server, resource, obj, None, "CREATE", options)
    resourcequota.check(server, resource, obj)
    old = server.store.get(resource.storage_id, namespace, own["name"])
    if old is not None:
        prefix = "object is being deleted: " if old.obj["metadata"].get("deletionTimestamp") else ""
        raise already_exists(resource.plural, resource.group, own["name"], prefix)
    _track(server, resource, obj, None, options)
    stored = server.to_storage(resource, obj)
    if options.dry_run:
        return Entry((namespace, own["name"]), stored, 0)
    return server.commit([Change(resource.storage_id, namespace, own["name"], stored)])[0]


def finish_names(server: Core, resource: Resource, own: Obj, namespace: str) -> None:
    """Draw a generated name again while it is taken."""
    prefix = own.get("generateName")
    if not prefix or not own.get("name", "").startswith(prefix[:58]) or len(own["name"]) != len(prefix[:58]) + 5:
        return
    for _ in range(8):
        if server.store.get(resource.storage_id, namespace, own["name"]) is None:
            return
        own["name"] = prefix[:58] + meta.random_suffix()


def _content_causes(server: Core, resource: Resource, obj: Obj, old: Obj | None, *, status_only: bool = False) -> list[Cause]:
    strategy = strategy_of(resource)
    if not resource.custom:
        if status_only:
            return list(strategy.validate_status(server, obj, old or {}))
        found = list(strategy.validate(server, obj))
        return found + list(strategy.validate_update(server, obj, old)) if old is not None else found
    schema = resource.schema
    found = list(_status_causes(schema, obj) if status_only else check.check(schema, obj, "", root=True))
    structural = any(cause.reason in _STRUCTURAL for cause in found)
    found += check.duplicates(schema, obj, "")
    found += server.scale_causes(resource, obj)
    if resource.has_rules:
        structural = structural or not obj["metadata"].get("name")
        if structural:
            found.append(check.NOT_CHECKED)
        else:
            found += rule_causes(schema, obj, old)
    return found


def wrong_kind(resource: Resource, made: Obj, name: str) -> Refusal:
    """The 422 of a patch that changes kind or version of a custom resource."""
    kind, version = str(made.get("kind", "")), str(made.get("apiVersion", ""))
    causes = []
    if kind != resource.kind:
        causes.append(bad_value("kind", kind, f"must be {resource.kind}"))
    if version != resource.api_version:
        causes.append(bad_value("apiVersion", version, f"must be {resource.api_version}"))
    return invalid(kind, version.rpartition("/")[0], name, causes)


def _status_causes(schema: Node, obj: Obj) -> Iterator[Cause]:
    """Check the status alone; its messages leave the word ``status`` out of paths."""
    node = schema.properties.get("status")
    if node is None or "status" not in obj:
        return
    for cause in check.check(node, obj["status"], ""):
        field = cause.field if cause.field == "<nil>" else f"status.{cause.field}" if cause.field else "status"
        yield Cause(cause.reason, cause.message, field)


def _track(server: Core, resource: Resource, obj: Obj, old: Obj | None, options: WriteOptions) -> None:
    if options.managed is not None:
        obj["metadata"]["managedFields"] = options.managed
        return
    record_update(resource, obj, old, options.manager, options.subresource, time.text(server.now()))


Maker = Callable[[Obj], tuple[Obj, list[str]]]


def replace(server: Core, resource: Resource, namespace: str, name: str, body: Obj, options: WriteOptions) -> tuple[Entry, bool]:
    """PUT; returns the object and whether it was created."""
    check_kind(resource, body, name, registry=server.registry, warnings=options.warnings)
    obj, unknown = intake(resource, body)
    strictness(resource, unknown, options)
    return replace_decoded(server, resource, namespace, name, obj, options)


def replace_decoded(server: Core, resource: Resource, namespace: str, name: str, obj: Obj, options: WriteOptions) -> tuple[Entry, bool]:
    """PUT of an object that has been read in; of one whose status is written, nothing but that and the metadata need be there."""
    own = obj["metadata"]
    if own.get("name") and own["name"] != name:
        raise bad_request(f"the name of the object ({own['name']}) does not match the name on the URL ({name})")
    if not own.get("name"):
        raise bad_request(f"the name of the object ({own.get('name', '')} based on URL) was undeterminable: name must be provided")
    place(resource, namespace, own)
    strategy = strategy_of(resource)
    current = server.store.get(resource.storage_id, namespace if resource.namespaced else "", name)
    if current is None:
        if strategy.create_on_update and not options.subresource:
            own.pop("resourceVersion", None)
            return create_decoded(server, resource, namespace, obj, options), True
        raise not_found(resource.plural, resource.group, name)
    if own.get("uid") and own["uid"] != current.obj["metadata"]["uid"]:
        raise storage_conflict(resource, namespace, name, own["uid"], current.obj["metadata"]["uid"])
    if not own.get("resourceVersion") and (resource.custom or strategy.needs_version):
        raise needs_version(resource, name)
    return update(server, resource, current, obj, options), False


def needs_version(resource: Resource, name: str) -> Refusal:
    """The 422 of an update without resourceVersion where one is needed."""
    return invalid(resource.plural, resource.group, name, [bad_value("metadata.resourceVersion", 0, "must be specified for an update")])


def storage_conflict(resource: Resource, namespace: str, name: str, given: str, stored: str) -> Refusal:
    """The 409 of an update that names another uid."""
    key = f"/{resource.group}/{resource.plural}" if resource.custom else f"/{resource.plural}"
    key = "/registry" + key + (f"/{namespace}" if resource.namespaced else "") + f"/{name}"
    why = f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: "
    why += f"Precondition failed: UID in precondition: {given}, UID in object meta: {stored}"
    return conflict(resource.plural, resource.group, name, why)


def check_version(resource: Resource, name: str, given: str, current: Entry) -> None:
    """Refuse a stale resourceVersion."""
    if given and given != current.obj["metadata"]["resourceVersion"]:
        if not given.isdigit():
            raise internal(f'strconv.ParseUint: parsing "{given}": invalid syntax')
        raise conflict(resource.plural, resource.group, name, STALE)


def update(server: Core, resource: Resource, current: Entry, obj: Obj, options: WriteOptions) -> Entry:
    """Bring a decoded object in line with what may change, check it, and commit it."""
    old, own = server.from_storage(resource, current.obj), obj["metadata"]
    name, namespace = current.key[1], current.key[0]
    check_version(resource, name, own.get("resourceVersion", ""), current)
    strategy = strategy_of(resource)
    meta.prepare_update(own, old["metadata"])
    if options.managed is not None:
        own.pop("managedFields", None)
    own["resourceVersion"] = old["metadata"]["resourceVersion"]
    obj = split_status(resource, obj, old, options.subresource)
    own = obj["metadata"]
    if not options.subresource:
        strategy.prepare_update(server, obj, old)
    admit(server, resource, obj, old, "UPDATE", options)
    causes = meta.validate_update(resource, own, old["metadata"], options.warnings)
    causes += _content_causes(server, resource, obj, old, status_only=options.subresource == "status")
    if causes:
        raise invalid(resource.kind, resource.group, name, causes)
    if resource.generation and changed_content(obj, old, resource):
        own["generation"] = old["metadata"].get("generation", 0) + 1
    if options.heard and not options.subresource:
        options.warnings.extend(strategy.warnings(obj, old))
    policy.validate(server, resource, obj, old, options)
    admit_late(server, resource, obj, old, "UPDATE", options)
    if resource.storage_id in ("services", "persistentvolumeclaims") and not options.subresource:
        resourcequota.check(server, resource, obj, old)
    if _unchanged(obj, old) and options.managed in (None, old["metadata"].get("managedFields")):
        return current
    _track(server, resource, obj, old, options)
    return store_update(server, resource, current, obj, options, namespace, name)


def store_update(server: Core, resource: Resource, current: Entry, obj: Obj, options: WriteOptions, namespace: str, name: str) -> Entry:
    """Commit a checked object, or remove it when this write took its last finalizer."""
    own = obj["metadata"]
    stored = server.to_storage(resource, obj)
    if options.dry_run:
        return Entry(current.key, stored, current.rev)
    if own.get("deletionTimestamp") and not own.get("finalizers") and not own.get("deletionGracePeriodSeconds"):
        server.commit([Change(resource.storage_id, namespace, name, None)])
        return Entry(current.key, stored, current.rev)
    return server.commit([Change(resource.storage_id, namespace, name, stored)])[0]


def split_status(resource: Resource, obj: Obj, old: Obj, subresource: str) -> Obj:
    """Keep the part that the endpoint may not write as it was."""
    if subresource == "status":
        if resource.custom:
            kept = {**old, "metadata": {**old["metadata"]}}
            kept.pop("status", None)
            if "status" in obj:
                kept["status"] = obj["status"]
            return kept
        head: Obj = {key: obj[key] for key in ("kind", "apiVersion", "metadata") if key in obj}
        kept = {key: value for key, value in old.items() if key not in head and key != "status"}
        return {**head, **kept, "status": obj["status"]} if "status" in obj else {**head, **kept}
    if resource.has_status and not subresource and not strategy_of(resource).keeps_status:
        obj.pop("status", None)
        if "status" in old:
            obj["status"] = old["status"]
    return obj


_NOT_CONTENT = frozenset({"metadata", "status", "kind", "apiVersion"})


def changed_content(obj: Obj, old: Obj, resource: Resource) -> bool:
    """Return whether anything but metadata and status differs."""
    skip = _NOT_CONTENT if resource.has_status else _NOT_CONTENT - {"status"}
    keys = (obj.keys() | old.keys()) - skip
    return any(key not in obj or key not in old or not same(obj[key], old[key]) for key in keys)


def _unchanged(obj: Obj, old: Obj) -> bool:
    if obj.keys() != old.keys() or any(key != "metadata" and not same(obj[key], old[key]) for key in obj):
        return False
    one = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
    two = {key: value for key, value in old["metadata"].items() if key != "managedFields"}
    fields = obj["metadata"].get("managedFields")
    return same(one, two) and (fields is None or fields == old["metadata"].get("managedFields") or fields == [])
