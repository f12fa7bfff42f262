"""Quantities (``500m``, ``1Gi``, ``2e3``) as exact whole numbers of billionths, and the canonical text in which the API server stores them.

The rules are those of ``k8s.io/apimachinery/pkg/api/resource``: a billionth is the smallest step, what is smaller is rounded away from
zero; amounts with a binary suffix stop at 2^63-1.
"""

from __future__ import annotations

import re
from functools import lru_cache

from arena_core.typed import Literal

#: How many units of an amount make one: ``parse("1") == ONE``.
ONE = 10**9
MILLI = 10**6

Form = Literal["decimal", "binary", "exponent"]

#: The API server's words for a text that is no quantity.
BAD_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_SUFFIX = {power: name for name, power in _DECIMAL.items()}
_FORM = r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?"
_MOST = (2**63 - 1) * ONE
#: More digits than any sensible exponent: beyond it a text is refused instead of making a number of a million digits.
_MOST_EXPONENT = 400
_MOST_DIGITS = 400


def parse(value: str | int | float) -> int:
    """Return the amount in billionths; raises ``ValueError`` with the API server's words where it is no quantity.

    >>> parse("100m") == ONE // 10, parse("1Ki") == 1024 * ONE, parse("0.1n")
    (True, True, 1)
    """
    return _read(str(value))[0]


def form_of(value: str | int | float) -> Form:
    """Return in which form a quantity is written: ``binary`` (``1Gi``), ``exponent`` (``1e3``) or ``decimal``."""
    return _read(str(value))[1]


def is_quantity(value: object) -> bool:
    """Whether the text (or number) is a quantity."""
    try:
        _read(str(value))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[int, Form]:
    found = re.fullmatch(_FORM, text) if len(text) <= _MOST_DIGITS else None
    if found is None or not (found[2] or found[3]):
        raise ValueError(BAD_QUANTITY)
    sign, whole, fraction, suffix = found[1], found[2], found[3] or "", found[4] or ""
    number, scale = int((whole + fraction) or "0"), -len(fraction)
    form: Form = "decimal"
    if suffix in _BINARY:
        form, number = "binary", number << _BINARY[suffix]
    elif len(suffix) > 1:
        form, scale = "exponent", scale + int(suffix[1:])
    else:
        scale += _DECIMAL[suffix]
    if abs(scale) > _MOST_EXPONENT:
        raise ValueError(BAD_QUANTITY)
    amount = number * 10 ** (scale + 9) if scale >= -9 else -(-number // 10 ** -(scale + 9))
    if form == "binary":
        amount = min(amount, _MOST)
        if 0 < amount < ONE:
            form = "decimal"  # a fraction of a byte is not written in powers of 1024
    return (-amount if sign == "-" else amount), form


def canonical(value: str | int | float) -> str:
    """Return the form that the API server stores.

    >>> canonical("0.5"), canonical("1024Mi"), canonical("1000"), canonical("1.5Gi")
    ('500m', '1Gi', '1k', '1536Mi')
    """
    return text(*_read(str(value)))


def text(amount: int, form: Form = "decimal") -> str:
    """Return an amount (in billionths) as its canonical text."""
    if not amount:
        return "0"
    whole, rest = divmod(abs(amount), ONE)
    if form == "binary" and not rest and whole >= 1024:
        return ("-" if amount < 0 else "") + _binary(whole)
    return _decimal(amount, exponent=form == "exponent")


def _binary(whole: int) -> str:
    suffix = ""
    for name in _BINARY:
        if whole % 1024:
            break
        whole, suffix = whole // 1024, name
    return f"{whole}{suffix}"


def _decimal(amount: int, *, exponent: bool) -> str:
    power = -9
    while amount % 1000 == 0 and power < 18:
        amount, power = amount // 1000, power + 3
    if exponent and power:
        return f"{amount}e{power}"
    return f"{amount}{_SUFFIX[power]}"


def whole(amount: int) -> int:
    """Return the amount in ones, rounded up as ``Quantity.Value`` does."""
    return -(-amount // ONE)


def milli(amount: int) -> int:
    """Return the amount in thousandths, rounded up as ``Quantity.MilliValue`` does."""
    return -(-amount // MILLI)
