"""Amounts for people: ``1.5`` cores, ``3.4Gi`` of memory, ``87.5%`` busy; ``N/A`` for what is not known."""

from __future__ import annotations

NONE = "N/A"
_UNITS = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


def cores(milli: float | None) -> str:
    """Return thousandths of a core as cores.

    >>> cores(1500), cores(8000), cores(40), cores(None)
    ('1.5', '8', '0.04', 'N/A')
    """
    return NONE if milli is None else f"{milli / 1000:.2f}".rstrip("0").rstrip(".")


def size(count: float | None) -> str:
    """Return bytes in the largest unit that leaves a whole part, with three digits.

    >>> size(0), size(1536), size(3.4 * 2**30), size(64 * 2**30)
    ('0', '1.5Ki', '3.4Gi', '64Gi')
    """
    if count is None:
        return NONE
    power = 0
    while count >= 999.5 and power < len(_UNITS) - 1:
        count, power = count / 1024, power + 1
    text = f"{count:.1f}" if count < 99.95 else f"{count:.0f}"
    return (text.removesuffix(".0") if "." in text else text) + _UNITS[power]


def number(value: float | None) -> str:
    """Return a count, which may be a part of one.

    >>> number(8), number(1.25), number(None)
    ('8', '1.2', 'N/A')
    """
    return NONE if value is None else f"{value:.1f}".removesuffix(".0")


def percent(value: float | None) -> str:
    """Return a share with one digit, as Arena prints a duty cycle."""
    return NONE if value is None else f"{value:.1f}%"


def of(part: str, whole: str) -> str:
    """Return ``part/whole``, or ``N/A`` where neither is known."""
    return NONE if part == whole == NONE else f"{part}/{whole}"
