"""The scopes of a ResourceQuota: which pods it is about. A quota with scopes is about nothing but pods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from arena_core.k8s import podsize

Obj = Mapping[str, Any]


def _best_effort(pod: Obj) -> bool:
    return podsize.qos_class(pod.get("spec") or {}) == "BestEffort"


def _terminating(pod: Obj) -> bool:
    return (pod.get("spec") or {}).get("activeDeadlineSeconds") is not None


def _class(pod: Obj) -> str:
    return str((pod.get("spec") or {}).get("priorityClassName") or "")


def _terms(pod: Obj) -> Iterator[Obj]:
    affinity = (pod.get("spec") or {}).get("affinity") or {}
    for kind in ("podAffinity", "podAntiAffinity"):
        given = affinity.get(kind) or {}
        yield from given.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
        for item in given.get("preferredDuringSchedulingIgnoredDuringExecution") or ():
            yield item.get("podAffinityTerm") or {}


def _across_namespaces(pod: Obj) -> bool:
    return any(term.get("namespaces") or term.get("namespaceSelector") is not None for term in _terms(pod))


SCOPES: dict[str, Callable[[Obj], bool]] = {
    "Terminating": _terminating,
    "NotTerminating": lambda pod: not _terminating(pod),
    "BestEffort": _best_effort,
    "NotBestEffort": lambda pod: not _best_effort(pod),
    "PriorityClass": lambda pod: bool(_class(pod)),
    "CrossNamespacePodAffinity": _across_namespaces,
}


def _selected(term: Obj, pod: Obj) -> bool:
    scope, operator, values = term.get("scopeName", ""), term.get("operator"), term.get("values") or ()
    if scope != "PriorityClass" or operator == "Exists":
        return scope in SCOPES and SCOPES[scope](pod)
    if operator == "In":
        return _class(pod) in values
    return _class(pod) not in values if operator == "NotIn" else not _class(pod)


def matches(spec: Obj, storage_id: str, obj: Obj) -> bool:
    """Whether a quota is about an object."""
    scopes, terms = spec.get("scopes") or (), (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    if not scopes and not terms:
        return True
    if storage_id != "pods":
        return False
    return all(scope in SCOPES and SCOPES[scope](obj) for scope in scopes) and all(_selected(term, obj) for term in terms)
