"""The built-in admission that a namespace's own objects steer, in the order of a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena_local.server.errors import invalid
from arena_local.server.options import WriteOptions
from arena_local.server.policy import limitrange, podsecurity
from arena_local.server.registry import Resource

if TYPE_CHECKING:
    from arena_local.server.core import Host

Obj = dict[str, Any]
_CLAIMS = "persistentvolumeclaims"


def validate(host: Host, resource: Resource, obj: Obj, old: Obj | None, options: WriteOptions) -> None:
    """Refuse what LimitRanges and Pod Security refuse, and collect their warnings. ``old`` is None for a new object."""
    if options.subresource:
        return
    kind = resource.storage_id
    if (kind == "pods" and old is None) or kind == _CLAIMS:
        limitrange.check(host, resource, obj)
    if kind == "pods":
        options.warnings.extend(podsecurity.check_pod(host, obj, old))
    elif kind == "namespaces":
        _namespace(host, resource, obj, old, options)
    elif kind in podsecurity.TEMPLATES:
        options.warnings.extend(podsecurity.check_template(host, resource, obj))


def _namespace(host: Host, resource: Resource, obj: Obj, old: Obj | None, options: WriteOptions) -> None:
    labels = obj["metadata"].get("labels") or {}
    causes = podsecurity.read_policy(labels).causes
    before = podsecurity.read_policy((old or {}).get("metadata", {}).get("labels") or {}).causes
    if causes and causes != before:
        raise invalid(resource.kind, "", obj["metadata"].get("name", ""), causes)
    if old is not None:
        options.warnings.extend(podsecurity.check_namespace(host, obj, old))
