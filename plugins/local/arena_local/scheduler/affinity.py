"""Selectors and terms as the scheduler matches them: node affinity, pod affinity, tolerations; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from arena_core.k8s import selectors
from arena_local.sdk.bundle import Obj


def matches_node(pod: Obj, node: Obj) -> bool:
    """Whether nodeSelector and required node affinity allow the node."""
    labels = node["metadata"].get("labels") or {}
    if not (pod["spec"].get("nodeSelector") or {}).items() <= labels.items():
        return False
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if not required:
        return True
    return any(_node_term(term, node, labels) for term in required.get("nodeSelectorTerms") or ())


def preference(pod: Obj, node: Obj) -> int:
    """Return the sum of the weights of the preferred terms that the node fulfils."""
    labels = node["metadata"].get("labels") or {}
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    terms = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return sum(int(t.get("weight", 0)) for t in terms if _node_term(t.get("preference") or {}, node, labels))


def _node_term(term: Obj, node: Obj, labels: Mapping[str, str]) -> bool:
    if not term.get("matchExpressions") and not term.get("matchFields"):
        return False
    fields = {"metadata.name": node["metadata"]["name"]}
    by_label = all(selectors.of_term(e).matches(labels) for e in term.get("matchExpressions") or ())
    return by_label and all(selectors.of_term(e).matches(fields) for e in term.get("matchFields") or ())


def tolerates(tolerations: Iterable[Obj], taint: Obj) -> bool:
    """Whether some toleration covers the taint."""
    for one in tolerations:
        if one.get("effect") and one["effect"] != taint.get("effect"):
            continue
        if one.get("key") and one["key"] != taint.get("key"):
            continue
        if one.get("operator", "Equal") == "Exists" or (one.get("key") and one.get("value", "") == taint.get("value", "")):
            return True
    return False


def untolerated(pod: Obj, node: Obj) -> Obj | None:
    """Return the first taint that keeps the pod away."""
    for taint in node.get("spec", {}).get("taints") or ():
        if taint.get("effect") in ("NoSchedule", "NoExecute") and not tolerates(pod["spec"].get("tolerations") or (), taint):
            return dict(taint)
    return None


def pod_terms(pod: Obj, kind: str) -> Sequence[Obj]:
    """Return the required terms of ``podAffinity`` or ``podAntiAffinity``."""
    affinity = (pod["spec"].get("affinity") or {}).get(kind) or {}
    return affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ()


def term_covers(term: Obj, owner: Obj, other: Obj) -> bool:
    """Whether a term of ``owner`` means the pod ``other``."""
    namespaces = term.get("namespaces") or ([] if "namespaceSelector" in term else [owner["metadata"].get("namespace")])
    if "namespaceSelector" not in term and other["metadata"].get("namespace") not in namespaces:
        return False
    return selectors.matches_object(term.get("labelSelector"), other["metadata"].get("labels") or {})
