"""Amounts as ``top`` counts them: what there is, what pods hold, what is used. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from arena_core.k8s import dig, podsize, quantity
from arena_core.k8s.devices import is_accelerator
from arena_core.typed import Any, NamedTuple


class Size(NamedTuple):
    """An amount of cpu (thousandths) or memory (bytes); ``used`` is None where nobody measures it, ``total`` where it is not known."""

    total: int | None
    requested: int
    used: int | None = None


class Device(NamedTuple):
    """Accelerators of one kind on a node. ``total`` and what follows from it are None where the node cannot be read."""

    resource: str
    total: int | None
    healthy: int | None
    allocated: float

    @property
    def free(self) -> float | None:
        """How many more can be asked for; never less than none, even where a node lost some that are held."""
        return None if self.healthy is None else max(0, self.healthy - self.allocated)


def requests_of(pod: Any) -> dict[str, int]:
    """Return what a pod asks for, in billionths; nothing where that cannot be read."""
    try:
        return podsize.requests(dig.mapping(pod, "spec"))
    except (ValueError, TypeError, AttributeError):
        return {}


def amounts(values: Mapping[str, Any]) -> dict[str, int]:
    """Return a resource list in billionths; what is no quantity is left out."""
    return {name: quantity.parse(value) for name, value in values.items() if quantity.is_quantity(value)}


def accelerators(requests: Mapping[str, int]) -> dict[str, int]:
    """Return how many of each accelerator are among amounts in billionths."""
    return {name: quantity.whole(amount) for name, amount in requests.items() if is_accelerator(name) and amount > 0}


def is_over(pod: Any) -> bool:
    """Whether a pod holds nothing any more."""
    return dig.text(pod, "status", "phase") in ("Succeeded", "Failed")
