"""Amounts in sentences."""

from __future__ import annotations

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def size(count: int) -> str:
    """Return bytes for people.

    >>> size(12), size(1536), size(100 * 2**20)
    ('12 bytes', '1.5 KiB', '100 MiB')
    """
    amount, unit = float(count), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    text = f"{amount:.1f}" if amount < 100 else f"{amount:.0f}"
    return f"{text.removesuffix('.0')} {_UNITS[unit]}"
