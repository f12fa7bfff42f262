"""Kubernetes quantities: exact sums, and the canonical form in which the API server would print them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

_BINARY = {"Ki": 1024, "Mi": 1024**2, "Gi": 1024**3, "Ti": 1024**4, "Pi": 1024**5, "Ei": 1024**6}
_DECIMAL = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
}
_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([EPTGMK]i|[numkMGTPE]?))")
#: What the apimachinery answers to a text that is no quantity.
QUANTITY_ERROR = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

Resources = dict[str, Fraction]


def parse(value: Any) -> Fraction:
    """Read a quantity; raises ``ValueError`` with the API server's words."""
    match = _FORM.fullmatch(str(value))
    if match is None:
        raise ValueError(QUANTITY_ERROR)
    number, exponent, suffix = match.groups()
    base = Fraction(number)
    if exponent:
        return base * Fraction(10) ** int(exponent[1:])
    return base * (_BINARY[suffix] if suffix in _BINARY else _DECIMAL[suffix])


def is_binary(value: Any) -> bool:
    """Return whether the text is written in powers of 1024."""
    return str(value).endswith("i")


def canonical(value: Fraction, *, binary: bool = False) -> str:
    """Return the canonical text (``20m``, ``1k``, ``256Mi``)."""
    if value == 0:
        return "0"
    if binary and value.denominator == 1 and abs(value) >= 1024:
        amount, best = int(value), ""
        for suffix, size in _BINARY.items():
            if amount % size == 0:
                best = suffix
        return f"{amount // _BINARY[best]}{best}" if best else str(amount)
    for suffix in reversed(_DECIMAL):
        scaled = value / _DECIMAL[suffix]
        if scaled.denominator == 1:
            return f"{scaled.numerator}{suffix}"
    return f"{math.ceil(value / _DECIMAL['n'])}n"


class Sum:
    """A sum of resource lists that remembers in which form each resource was first written."""

    def __init__(self) -> None:
        self.values: Resources = {}
        self._binary: dict[str, bool] = {}

    def add(self, resources: Mapping[str, Any], times: int = 1) -> None:
        """Add a resource list."""
        for name, value in resources.items():
            amount = value if isinstance(value, Fraction) else parse(value)
            self._binary.setdefault(name, not isinstance(value, Fraction) and is_binary(value))
            self.values[name] = self.values.get(name, Fraction(0)) + amount * times

    def texts(self) -> dict[str, str]:
        """Return the sums as canonical texts, by name."""
        return {name: canonical(value, binary=self._binary[name]) for name, value in sorted(self.values.items())}


def _container_sum(containers: Iterable[Mapping[str, Any]], kind: str) -> Sum:
    total = Sum()
    for container in containers:
        resources = container.get("resources") or {}
        listed = dict(resources.get(kind) or {})
        if kind == "requests":
            listed = {**(resources.get("limits") or {}), **listed}
        total.add(listed)
    return total


def pod_resources(spec: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Return what a pod asks for (``requests``) or may use (``limits``): its containers together, at least its largest init container."""
    total = _container_sum(spec.get("containers") or (), kind)
    for container in spec.get("initContainers") or ():
        alone = _container_sum([container], kind)
        for name, value in alone.values.items():
            if value > total.values.get(name, Fraction(0)):
                total.add({name: (container.get("resources") or {}).get(kind, {}).get(name, value)})
                total.values[name] = value
    return total.texts()


def parsed(resources: Mapping[str, Any]) -> Resources:
    """Read a whole resource list."""
    return {name: parse(value) for name, value in resources.items()}
