"""Amounts of resources: what pods ask for, sums, and the way Kueue writes them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from arena_local.sdk.bundle import Obj
from arena_local.server.quantity import canonical, parse

Amounts = dict[str, Decimal]
_BYTES = ("memory", "ephemeral-storage")


def text(resource: str, amount: Decimal) -> str:
    """Return the amount as a quantity: cpu in thousandths, memory in powers of two, the rest plain."""
    if resource == "cpu":
        milli = int((amount * 1000).to_integral_value(ROUND_CEILING))
        return canonical(f"{milli}m")
    whole = int(amount.to_integral_value(ROUND_CEILING))
    if (resource in _BYTES or resource.startswith("hugepages-")) and whole and whole % 1024 == 0:
        return canonical(f"{whole // 1024}Ki")
    return canonical(str(whole))


def texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    """Return all amounts as quantities, sorted by resource."""
    return {resource: text(resource, amounts[resource]) for resource in sorted(amounts)}


def read(values: Mapping[str, Any] | None) -> Amounts:
    """Read a resource list."""
    return {resource: parse(value) for resource, value in (values or {}).items()}


def tidy(spec: Obj) -> None:
    """Write the amounts in the containers of a pod spec as a typed client does, in place."""
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        resources = container.get("resources") or {}
        for values in filter(None, (resources.get("limits"), resources.get("requests"))):
            for name, amount in values.items():
                with contextlib.suppress(ValueError):  # what is no quantity is for the API server to refuse
                    values[name] = canonical(str(amount))


def add(total: Amounts, more: Mapping[str, Decimal], times: int = 1) -> Amounts:
    """Add ``more`` to ``total`` in place."""
    for resource, amount in more.items():
        total[resource] = total.get(resource, Decimal(0)) + amount * times
    return total


def _container(container: Obj) -> Amounts:
    resources = container.get("resources") or {}
    return {**read(resources.get("limits")), **read(resources.get("requests"))}


def of_pod(spec: Obj) -> Amounts:
    """Return what a pod asks for: its containers, or the largest init container where that is more; limits stand in for requests."""
    total: Amounts = {}
    for container in spec.get("containers") or ():
        add(total, _container(container))
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in spec.get("initContainers") or ():
        wanted = _container(container)
        if container.get("restartPolicy") == "Always":
            add(sidecars, wanted)
            wanted = {}
        for resource, amount in add(dict(wanted), sidecars).items():
            peak[resource] = max(peak.get(resource, Decimal(0)), amount)
    add(total, sidecars)
    for resource, amount in peak.items():
        total[resource] = max(total.get(resource, Decimal(0)), amount)
    return add(total, read(spec.get("overhead")))
