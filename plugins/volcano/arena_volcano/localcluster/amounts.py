"""Sums of what pods ask for, in the forms in which they were first written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from arena_core.k8s import podsize, quantity


class Sum:
    """A sum of resource lists that remembers in which form each resource was first written."""

    def __init__(self) -> None:
        self._values: podsize.Amounts = {}
        self._forms: dict[str, quantity.Form] = {}

    def add(self, resources: Mapping[str, Any], times: int = 1) -> None:
        """Add a resource list."""
        _note(self._forms, resources)
        podsize.add(self._values, podsize.read(resources), times)

    def texts(self) -> dict[str, str]:
        """Return the sums as canonical texts, by name."""
        return _texts(self._values, self._forms)


def _note(forms: dict[str, quantity.Form], resources: Mapping[str, Any]) -> None:
    for name, value in resources.items():
        forms.setdefault(name, quantity.form_of(value))


def _texts(values: Mapping[str, int], forms: Mapping[str, quantity.Form]) -> dict[str, str]:
    return {name: quantity.text(values[name], forms.get(name, "decimal")) for name in sorted(values)}


def requests(spec: Mapping[str, Any]) -> dict[str, str]:
    """Return what a pod asks for, as canonical texts."""
    return _texts(podsize.requests(spec), _forms(spec, ("limits", "requests")))


def limits(spec: Mapping[str, Any]) -> dict[str, str]:
    """Return what a pod may use, as canonical texts."""
    return _texts(podsize.limits(spec), _forms(spec, ("limits",)))


def _forms(spec: Mapping[str, Any], kinds: Iterable[str]) -> dict[str, quantity.Form]:
    forms: dict[str, quantity.Form] = {}
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        resources = container.get("resources") or {}
        _note(forms, {name: value for kind in kinds for name, value in (resources.get(kind) or {}).items()})
    return forms
