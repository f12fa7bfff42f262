"""Affinity between the pods of a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HOSTNAME = "kubernetes.io/hostname"


def term(labels: Mapping[str, str], topology: str = HOSTNAME) -> dict[str, Any]:
    """Return a pod affinity term: pods with these labels, by node."""
    return {"labelSelector": {"matchLabels": dict(labels)}, "topologyKey": topology}


def preferred(kind: str, weighted: list[tuple[int, Mapping[str, str]]]) -> dict[str, Any]:
    """Return a soft affinity; ``kind`` is ``podAffinity`` or ``podAntiAffinity``, the weights 1 to 100."""
    terms = [{"weight": weight, "podAffinityTerm": term(labels)} for weight, labels in weighted]
    return {kind: {"preferredDuringSchedulingIgnoredDuringExecution": terms}}


def required(kind: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return a hard affinity."""
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term(labels)]}}
