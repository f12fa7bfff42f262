"""Label and field selectors, with the parser's own messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from arena_core.k8s import dig, selectors
from arena_local.server.errors import bad_request


def parse_labels(text: str) -> tuple[selectors.Requirement, ...]:
    """Parse a label selector; raises 400."""
    try:
        return selectors.parse(text)
    except ValueError as error:
        raise bad_request(str(error)) from None


#: Path, whether it must be equal, value.
FieldTerm = tuple[str, bool, str]


@lru_cache(maxsize=512)
def parse_fields(text: str) -> tuple[FieldTerm, ...]:
    """Parse a field selector; raises 400."""
    terms = []
    for part in re.split(r"(?<!\\),", text):
        if not part:
            continue
        found = re.match(r"(.*?)(==|!=|=)(.*)", part, re.S)
        if not found:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        terms.append((found.group(1), found.group(2) != "!=", re.sub(r"\\([,=\\])", r"\1", found.group(3))))
    return tuple(terms)


_POD = [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
]
_EVENT = [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
]
#: Beyond metadata.name and metadata.namespace.
_SUPPORTED: dict[str, list[str]] = {
    "pods": _POD,
    "events": _EVENT,
    "secrets": ["type"],
    "nodes": ["spec.unschedulable"],
    "namespaces": ["status.phase"],
    "jobs.batch": ["status.successful"],
    "replicasets.apps": ["status.replicas"],
    "replicationcontrollers": ["status.replicas"],
    "services": ["spec.clusterIP", "spec.type"],
}
#: Kinds whose conversion function names the field in its own words.
_PLAIN = frozenset(_SUPPORTED) - {"jobs.batch"}


def _get(obj: Mapping[str, Any], path: str) -> str:
    if path == "status.successful":
        return str(obj.get("status", {}).get("succeeded", 0))
    if path == "source":
        return str((obj.get("source") or {}).get("component") or obj.get("reportingComponent") or "")
    value = dig.dig(obj, *path.strip(".").split("."))
    if value is None:
        return {"spec.hostNetwork": "false", "spec.unschedulable": "false", "status.replicas": "0"}.get(path, "")
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_fields(terms: tuple[FieldTerm, ...], resource: str, kind: str, *, selectable: frozenset[str] | None) -> None:
    """Raise 400 for a path that the kind cannot be selected by; ``selectable`` are a custom resource's own paths."""
    for path, _, _ in terms:
        if path in ("metadata.name", "metadata.namespace"):
            continue
        if selectable is not None:
            if path not in selectable:
                raise bad_request(f"field label not supported: {path}")
        elif path not in _SUPPORTED.get(resource, ()):
            if resource in _PLAIN:
                raise bad_request(f"field label not supported: {path}")
            if resource == "jobs.batch":
                raise bad_request(f'field label "{path}" not supported for {kind}')
            raise bad_request(f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"')


def matcher(labels: str, terms: tuple[FieldTerm, ...]) -> Callable[[Mapping[str, Any]], bool] | None:
    """Return the test of both selectors, or None when everything matches."""
    requirements = parse_labels(labels) if labels else ()
    if not requirements and not terms:
        return None

    def matches(obj: Mapping[str, Any]) -> bool:
        own = obj["metadata"].get("labels") or {}
        return selectors.matches(requirements, own) and all((_get(obj, path) == value) is equal for path, equal, value in terms)

    return matches
