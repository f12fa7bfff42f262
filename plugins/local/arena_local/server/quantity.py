"""Kubernetes quantities: parsing, and the canonical form in which they are stored."""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal
from functools import lru_cache

_FORM = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

BAD_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def parse(text: str | int | float) -> Decimal:
    """Return the number; raises ``ValueError`` where the text is no quantity."""
    return _split(str(text))[0]


def _split(text: str) -> tuple[Decimal, str]:
    found = _FORM.fullmatch(text)
    if not found:
        raise ValueError(BAD_QUANTITY)
    sign, digits, suffix = found.group(1), found.group(2), found.group(3) or ""
    number = Decimal(sign + digits)
    if suffix in _BINARY:
        return number * (1 << _BINARY[suffix]), "binary"
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        return number.scaleb(int(suffix[1:])), "exponent"
    return number.scaleb(_DECIMAL[suffix]), "decimal"


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """Return the form that the API server stores (``0.5`` becomes ``500m``, ``1024Mi`` becomes ``1Gi``)."""
    number, style = _split(text)
    number = number.quantize(Decimal("1E-9"), rounding=ROUND_UP) if number.as_tuple().exponent < -9 else number  # type: ignore[operator]
    if style == "binary" and number == number.to_integral_value() and abs(number) >= 1024:
        return _binary(int(number))
    return _decimal(number, exponent=style == "exponent")


def _binary(number: int) -> str:
    suffix = ""
    for name in _BINARY:
        if number % 1024 or not number:
            break
        number, suffix = number // 1024, name
    return f"{number}{suffix}"


def _decimal(number: Decimal, *, exponent: bool) -> str:
    if not number:
        return "0"
    power, step = 0, 3
    while number == number.to_integral_value() and number % 1000 == 0 and power < 18:
        number, power = number / 1000, power + step
    while number != number.to_integral_value():
        number, power = number * 1000, power - step
    whole = str(int(number))
    if not power:
        return whole
    if exponent:
        return f"{whole}e{power}"
    return whole + next(name for name, value in _DECIMAL.items() if value == power)
