"""Amounts of resources the way Kueue writes them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from arena_core.k8s import quantity
from arena_local.sdk.bundle import Obj

_BYTES = ("memory", "ephemeral-storage")


def text(resource: str, amount: int) -> str:
    """Return the amount (in billionths) as a quantity: cpu in thousandths, memory in powers of two, the rest plain."""
    if resource == "cpu":
        return quantity.text(quantity.milli(amount) * quantity.MILLI)
    binary = resource in _BYTES or resource.startswith("hugepages-")
    whole = quantity.whole(amount)
    return quantity.text(whole * quantity.ONE, "binary" if binary and whole % 1024 == 0 else "decimal")


def texts(amounts: Mapping[str, int]) -> dict[str, str]:
    """Return all amounts as quantities, sorted by resource."""
    return {resource: text(resource, amounts[resource]) for resource in sorted(amounts)}


def tidy(spec: Obj) -> None:
    """Write the amounts in the containers of a pod spec as a typed client does, in place."""
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        resources = container.get("resources") or {}
        for values in filter(None, (resources.get("limits"), resources.get("requests"))):
            for name, amount in values.items():
                with contextlib.suppress(ValueError):  # what is no quantity is for the API server to refuse
                    values[name] = quantity.canonical(amount)
