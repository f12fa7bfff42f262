"""Amounts of resources as refusals show them."""

from __future__ import annotations

from arena_core.k8s import quantity

_BYTES = ("memory", "storage", "hugepages")


def show(name: str, amount: int) -> str:
    """Return an amount in billionths: bytes in powers of 1024 where they are whole ones, everything else in powers of 1000."""
    binary = any(word in name for word in _BYTES) and amount % (1024 * quantity.ONE) == 0
    return quantity.text(amount, "binary" if binary else "decimal")
