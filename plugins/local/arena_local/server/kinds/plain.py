"""The kinds with few rules: namespaces, nodes, ConfigMaps, Secrets, accounts, leases, claims, events, priority classes ..."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from arena_core.k8s import names
from arena_core.k8s.copies import same
from arena_local.server.causes import Cause, bad_value, prohibited, required
from arena_local.server.core import Host
from arena_local.server.kinds.base import Strategy

Obj = dict[str, Any]
_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_KEY_TEXT = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', "
    "regex used for validation is '[-._a-zA-Z0-9]+')"
)
_MAX_DATA = 1024 * 1024


class NamespaceStrategy(Strategy):
    """Namespaces."""

    delete_returns_object = True

    def default(self, obj: Obj) -> None:
        """Give it the label of its name."""
        own = obj["metadata"]
        if own.get("name"):
            own["labels"] = {**(own.get("labels") or {}), "kubernetes.io/metadata.name": own["name"]}

    def prepare_create(self, host: Host, obj: Obj) -> None:
        """Hold it by the finalizer of its content."""
        self.default(obj)
        obj["spec"] = {"finalizers": ["kubernetes"]}
        obj["status"] = {"phase": "Active"}

    def prepare_update(self, host: Host, obj: Obj, old: Obj) -> None:
        """Only ``finalize`` changes spec.finalizers."""
        obj["spec"] = old.get("spec", {})


def _keys(data: Obj, path: str) -> Iterator[Cause]:
    for key in data:
        if len(key) > 253:
            yield bad_value(f"{path}[{key}]", key, "must be no more than 253 characters")
        if key == "." or key == ".." or key.startswith(".."):
            text = f"must not be '{key}'" if key in (".", "..") else "must not start with '..'"
            yield bad_value(f"{path}[{key}]", key, text)
        elif not _KEY.fullmatch(key):
            yield bad_value(f"{path}[{key}]", key, _KEY_TEXT)


class _DataStrategy(Strategy):
    fields: tuple[str, ...] = ("data",)

    def validate_update(self, host: Host, obj: Obj, old: Obj) -> Iterator[Cause]:
        if not old.get("immutable"):
            return
        if not obj.get("immutable"):
            yield prohibited("immutable", "field is immutable when `immutable` is set")
        for field in self.fields:
            if not same(obj.get(field) or {}, old.get(field) or {}):
                yield prohibited(field, "field is immutable when `immutable` is set")


class ConfigMapStrategy(_DataStrategy):
    """ConfigMaps."""

    fields = ("data", "binaryData")

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check keys and size."""
        data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
        yield from _keys(data, "data")
        yield from _keys(binary, "binaryData")
        for key in data.keys() & binary.keys():
            yield bad_value(f"data[{key}]", key, "duplicate of key present in binaryData")
        if sum(len(value.encode()) for value in data.values()) + sum(len(value) * 3 // 4 for value in binary.values()) > _MAX_DATA:
            yield Cause("FieldValueTooLong", f"Too long: may not be more than {_MAX_DATA} bytes", "")


class SecretStrategy(_DataStrategy):
    """Secrets."""

    def default(self, obj: Obj) -> None:
        """Fold stringData into data."""
        obj.setdefault("type", "Opaque")
        given = obj.pop("stringData", None)
        if given:
            obj["data"] = {**(obj.get("data") or {}), **{k: base64.b64encode(v.encode()).decode() for k, v in given.items()}}

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check keys, size and what the type needs."""
        data, size = obj.get("data") or {}, 0
        yield from _keys(data, "data")
        for key, value in data.items():
            try:
                size += len(base64.b64decode(value, validate=True))
            except (binascii.Error, ValueError):
                yield bad_value(f"data[{key}]", value, "illegal base64 data")
        if size > _MAX_DATA:
            yield Cause("FieldValueTooLong", f"Too long: may not be more than {_MAX_DATA} bytes", "data")
        needed = {"kubernetes.io/dockerconfigjson": ".dockerconfigjson", "kubernetes.io/dockercfg": ".dockercfg"}.get(obj["type"])
        if needed and needed not in data:
            yield required(f"data[{needed}]")

    def validate_update(self, host: Host, obj: Obj, old: Obj) -> Iterator[Cause]:
        """Refuse another type."""
        yield from super().validate_update(host, obj, old)
        if obj["type"] != old.get("type"):
            yield bad_value("type", obj["type"], "field is immutable")


class ServiceAccountStrategy(Strategy):
    """ServiceAccounts."""

    delete_returns_object = True


class LeaseStrategy(Strategy):
    """Leases."""

    create_on_update = True
    needs_version = True


class EndpointsStrategy(Strategy):
    """Endpoints."""

    create_on_update = True

    def default(self, obj: Obj) -> None:
        """Fill in protocols."""
        for subset in obj.get("subsets") or ():
            for port in subset.get("ports") or ():
                port.setdefault("protocol", "TCP")


class EndpointSliceStrategy(Strategy):
    """EndpointSlices."""

    def default(self, obj: Obj) -> None:
        """Fill in port names and protocols."""
        obj.setdefault("endpoints", [])
        obj.setdefault("ports", [])
        for port in obj.get("ports") or ():
            port.setdefault("name", "")
            port.setdefault("protocol", "TCP")


class EventStrategy(Strategy):
    """Events."""

    keeps_status = True

    def default(self, obj: Obj) -> None:
        """Show the fields that Go always writes."""
        for key in ("firstTimestamp", "lastTimestamp", "eventTime"):
            obj.setdefault(key, None)
        for key in ("reportingComponent", "reportingInstance"):
            obj.setdefault(key, "")
        obj.setdefault("metadata", {})

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """The event lies in the namespace of its object."""
        involved = (obj.get("involvedObject") or {}).get("namespace", "")
        namespace = obj["metadata"].get("namespace", "")
        if involved != namespace and not (not involved and namespace in ("default", "")):
            yield bad_value("involvedObject.namespace", involved, "does not match event.namespace")


class NewEventStrategy(Strategy):
    """Events of events.k8s.io."""

    keeps_status = True

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """The event lies in the namespace of its object, and says who reports what."""
        regarding = (obj.get("regarding") or {}).get("namespace", "")
        if regarding and regarding != obj["metadata"].get("namespace", ""):
            yield bad_value("involvedObject.namespace", regarding, "does not match event.namespace")
        for field in ("reportingController", "reportingInstance", "action", "reason"):
            if not obj.get(field) and not obj.get("deprecatedCount"):
                yield required(field)


class PriorityClassStrategy(Strategy):
    """PriorityClasses."""

    def default(self, obj: Obj) -> None:
        """Fill in the preemption policy."""
        obj.setdefault("preemptionPolicy", "PreemptLowerPriority")
        obj.setdefault("value", 0)

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check the value."""
        name = obj["metadata"].get("name", "")
        if name.startswith("system-") and name not in ("system-cluster-critical", "system-node-critical"):
            yield prohibited("metadata.name", "priority class names with 'system-' prefix are reserved for system use only")
        if obj["value"] > 1000000000 and not name.startswith("system-"):
            yield prohibited("value", "maximum allowed value of a user defined priority is 1000000000")

    def validate_update(self, host: Host, obj: Obj, old: Obj) -> Iterator[Cause]:
        """Refuse another value."""
        if obj["value"] != old["value"]:
            yield prohibited("value", "may not be changed in an update.")


class ClaimStrategy(Strategy):
    """PersistentVolumeClaims."""

    delete_returns_object = True

    def default(self, obj: Obj) -> None:
        """Fill in the mode."""
        obj["spec"].setdefault("volumeMode", "Filesystem")

    def prepare_create(self, host: Host, obj: Obj) -> None:
        """Begin pending, and protected while in use."""
        obj["status"] = {"phase": "Pending"}

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check modes and size."""
        if not obj["spec"].get("accessModes"):
            yield required("spec.accessModes", "at least 1 access mode is required")
        if "storage" not in ((obj["spec"].get("resources") or {}).get("requests") or {}):
            yield required("spec.resources[storage]")
        yield from _storage_class(obj)


def _storage_class(obj: Obj) -> Iterator[Cause]:
    name = obj["spec"].get("storageClassName")
    for text in names.subdomain(name) if name else ():
        yield bad_value("spec.storageClassName", name, text)


class VolumeStrategy(Strategy):
    """PersistentVolumes."""

    delete_returns_object = True

    def default(self, obj: Obj) -> None:
        """Fill in policy and mode."""
        obj["spec"].setdefault("persistentVolumeReclaimPolicy", "Retain")
        obj["spec"].setdefault("volumeMode", "Filesystem")

    def prepare_create(self, host: Host, obj: Obj) -> None:
        """Begin pending."""
        obj["status"] = {"phase": "Pending"}

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check the class."""
        yield from _storage_class(obj)


class StorageClassStrategy(Strategy):
    """StorageClasses."""

    def default(self, obj: Obj) -> None:
        """Fill in policy and binding."""
        obj.setdefault("reclaimPolicy", "Delete")
        obj.setdefault("volumeBindingMode", "Immediate")


class RoleStrategy(Strategy):
    """Roles and bindings: stored, not enforced."""

    def default(self, obj: Obj) -> None:
        """Fill in API groups of subjects and the role."""
        if "roleRef" in obj:
            obj["roleRef"].setdefault("apiGroup", "rbac.authorization.k8s.io")
        elif obj["kind"].endswith("Role"):
            obj.setdefault("rules", None)
        for subject in obj.get("subjects") or ():
            if subject.get("kind") in ("User", "Group"):
                subject.setdefault("apiGroup", "rbac.authorization.k8s.io")


class NodeStrategy(Strategy):
    """Nodes."""

    keeps_status = False

    def validate_update(self, host: Host, obj: Obj, old: Obj) -> Iterator[Cause]:
        """Refuse another address range."""
        if old["spec"].get("podCIDR") and obj["spec"].get("podCIDR") != old["spec"]["podCIDR"]:
            yield prohibited("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')
