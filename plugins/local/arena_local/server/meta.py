"""What holds for every object: names, labels, owners, finalizers, and what of the metadata only the server may write."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from arena_core.k8s import names, time
from arena_local.server.causes import Cause, bad_value, prohibited, required
from arena_local.server.registry import Resource

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})
_ANNOTATION_LIMIT = 256 * 1024
_NAME_RULES: dict[str, Callable[[str], list[str]]] = {
    "namespaces": names.label,
    "services": names.label,
    "roles.rbac.authorization.k8s.io": names.path_segment,
    "rolebindings.rbac.authorization.k8s.io": names.path_segment,
    "clusterroles.rbac.authorization.k8s.io": names.path_segment,
    "clusterrolebindings.rbac.authorization.k8s.io": names.path_segment,
}


def random_suffix() -> str:
    """Return what follows a generateName."""
    return "".join(secrets.choice(_SUFFIX) for _ in range(5))


def new_uid() -> str:
    """Return a fresh uid."""
    return str(uuid.uuid4())


def _name_causes(resource: Resource, meta: Mapping[str, Any]) -> Iterator[Cause]:
    rule = _NAME_RULES.get(resource.storage_id, names.subdomain)
    prefix, name = meta.get("generateName", ""), meta.get("name", "")
    if prefix:
        masked = prefix[:-1] + "a" if len(prefix) > 1 and prefix.endswith("-") else prefix
        for text in rule(masked):
            yield bad_value("metadata.generateName", prefix, text)
    if not name:
        yield required("metadata.name", "name or generateName is required")
        return
    if rule is names.label and "." in name:
        yield bad_value("metadata.name", name, "must not contain dots")
    for text in rule(name):
        if not (rule is names.label and "." in name and text == names.LABEL_MESSAGE and names.subdomain(name) == []):
            yield bad_value("metadata.name", name, text)


def _label_causes(labels: Mapping[str, str], field: str) -> Iterator[Cause]:
    for key, value in labels.items():
        for text in names.qualified_name(key):
            yield bad_value(field, key, text)
        for text in names.label_value(value):
            yield bad_value(field, value, text)


def label_causes(labels: Mapping[str, str] | None, field: str) -> list[Cause]:
    """Return what is wrong with labels."""
    return list(_label_causes(labels or {}, field))


def annotation_causes(annotations: Mapping[str, str] | None, field: str) -> Iterator[Cause]:
    """Yield what is wrong with annotations."""
    size = 0
    for key, value in (annotations or {}).items():
        size += len(key) + len(value)
        for text in names.qualified_name(key.lower()):
            yield bad_value(field, key, text)
    if size > _ANNOTATION_LIMIT:
        yield Cause("FieldValueTooLong", f"Too long: may not be more than {_ANNOTATION_LIMIT} bytes", field)


def _owner_causes(owners: list[Mapping[str, Any]]) -> Iterator[Cause]:
    controllers = 0
    for owner in owners:
        for field, text in (("apiVersion", "version must not be empty"), ("kind", "must not be empty"), ("name", "must not be empty")):
            if not owner.get(field):
                yield bad_value(f"metadata.ownerReferences.{field}", "", text)
        if not owner.get("uid"):
            yield bad_value("metadata.ownerReferences.uid", "", "must not be empty")
        controllers += bool(owner.get("controller"))
    if controllers > 1:
        first, second = [f"{owner['kind']}/{owner['name']}" for owner in owners if owner.get("controller")][:2]
        text = f'Only one reference can have Controller set to true. Found "true" in references for {first} and {second}'
        yield bad_value("metadata.ownerReferences", owners, text)


def validate(resource: Resource, meta: Mapping[str, Any], warnings: list[str]) -> list[Cause]:
    """Return what is wrong with the metadata of a new object."""
    found = [*_name_causes(resource, meta)]
    found += _common(resource, meta, warnings)
    return found


def _common(resource: Resource, meta: Mapping[str, Any], warnings: list[str]) -> Iterator[Cause]:
    yield from _label_causes(meta.get("labels") or {}, "metadata.labels")
    yield from annotation_causes(meta.get("annotations"), "metadata.annotations")
    yield from _owner_causes(meta.get("ownerReferences") or [])
    for index, finalizer in enumerate(meta.get("finalizers") or ()):
        for text in names.qualified_name(finalizer):
            yield bad_value("metadata.finalizers", finalizer, text)
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS and not names.qualified_name(finalizer):
            if resource.custom:
                text = "prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"
                warnings.append(f'metadata.finalizers: "{finalizer}": {text}')
            else:
                text = "name is neither a standard finalizer name nor is it fully qualified"
                yield bad_value(f"metadata.finalizers[{index}]", finalizer, text)


def validate_update(resource: Resource, meta: Mapping[str, Any], old: Mapping[str, Any], warnings: list[str]) -> list[Cause]:
    """Return what is wrong with changed metadata."""
    found: list[Cause] = []
    for field in ("name", "namespace", "uid", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if meta.get(field) != old.get(field):
            # The real server checks twice and says so twice.
            found += [bad_value(f"metadata.{field}", meta.get(field), "field is immutable")] * 2
    if old.get("deletionTimestamp"):
        new = sorted(set(meta.get("finalizers") or ()) - set(old.get("finalizers") or ()))
        if new:
            word = "no new finalizers can be added if the object is being deleted, found new finalizers " + _go_list(new)
            found += [prohibited("metadata.finalizers", word)] * 2
    silent = [] if meta.get("finalizers") == old.get("finalizers") else warnings
    found += _common(resource, meta, silent)
    return found


def _go_list(words: list[str]) -> str:
    return "[]string{" + ", ".join(f'"{word}"' for word in words) + "}"


def prepare_create(resource: Resource, meta: dict[str, Any], now: datetime) -> None:
    """Write what the server alone decides on a new object."""
    for field in ("selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion", "generation"):
        meta.pop(field, None)
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = meta["generateName"][:58] + random_suffix()
    meta["uid"] = new_uid()
    meta["creationTimestamp"] = time.text(now)
    if resource.generation:
        meta["generation"] = 1


def prepare_update(meta: dict[str, Any], old: Mapping[str, Any]) -> None:
    """Put back what a client may not change and need not send."""
    meta.pop("selfLink", None)
    for field in ("creationTimestamp", "generation"):
        if field in old:
            meta[field] = old[field]
        else:
            meta.pop(field, None)
    for field in ("uid", "deletionTimestamp", "deletionGracePeriodSeconds", "namespace", "name"):
        if field not in meta and field in old:
            meta[field] = old[field]
