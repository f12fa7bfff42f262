"""Quantities (``100m``, ``1Gi``, ``2e3``) as exact numbers."""

from __future__ import annotations

from fractions import Fraction

_SUFFIX = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_cache: dict[str, Fraction] = {}


def parse(text: str | int | float) -> Fraction:
    """Return the value of a quantity; raises ValueError where it is none."""
    key = str(text)
    if key not in _cache:
        if len(_cache) > 10_000:
            _cache.clear()
        _cache[key] = _parse(key.strip())
    return _cache[key]


def _parse(text: str) -> Fraction:
    if text[-2:] in _BINARY:
        return Fraction(text[:-2]) * (1 << 10 * _BINARY[text[-2:]])
    if text[-1:] in _SUFFIX and text[-1:] != "":
        return Fraction(text[:-1]) * _power(_SUFFIX[text[-1:]])
    return Fraction(text)


def _power(exponent: int) -> Fraction:
    return Fraction(10**exponent) if exponent >= 0 else Fraction(1, 10**-exponent)


def ceil_div(value: Fraction, divisor: Fraction) -> int:
    """Return the quotient rounded up."""
    return -int(-value // divisor)
