"""Quantities: the cases that apimachinery publishes for its own reader, and properties against exact decimal arithmetic."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.k8s import quantity

#: (text, value as a decimal, canonical text), from apimachinery's quantity_test.go.
CASES = [
    ("0", "0", "0"), ("0n", "0", "0"), ("0Ki", "0", "0"), ("0T", "0", "0"), ("1", "1", "1"),
    ("1Ki", "1024", "1Ki"), ("8Ki", "8192", "8Ki"), ("7Mi", "7340032", "7Mi"), ("3Ei", "3458764513820540928", "3Ei"),
    ("100Ti", "109951162777600", "100Ti"),
    ("5n", "0.000000005", "5n"), ("4u", "0.000004", "4u"), ("3m", "0.003", "3m"), ("8k", "8000", "8k"), ("50k", "50000", "50k"),
    ("300T", "300000000000000", "300T"), ("1E", "1000000000000000000", "1E"),
    ("1E-3", "0.001", "1e-3"), ("1e3", "1000", "1e3"), ("1E6", "1000000", "1e6"), ("1e14", "100000000000000", "100e12"),
    ("1E18", "1000000000000000000", "1e18"), ("1.3E+6", "1300000", "1300e3"), ("1.53E12", "1530000000000", "1530e9"),
    ("0.5e0", "0.5", "500e-3"), ("0.5e-2", "0.005", "5e-3"),
    ("100.035k", "100035", "100035"), ("0.001", "0.001", "1m"), ("0.0005k", "0.5", "500m"), ("0.05000", "0.05", "50m"),
    ("10.035M", "10035000", "10035k"), ("6.987654321G", "6987654321", "6987654321"), ("2.5P", "2500000000000000", "2500T"),
    ("1.01E", "1010000000000000000", "1010P"),
    ("3.001n", "0.000000004", "4n"), ("1.1E-9", "0.000000002", "2e-9"), ("0.0000000001", "0.000000001", "1n"),
    ("0.9n", "0.000000001", "1n"), ("0.00000012345", "0.000000124", "124n"),
    ("9Ei", "9223372036854775807", "9223372036854775807"), ("9223372036854775807Ki", "9223372036854775807", "9223372036854775807"),
    ("12E", "12000000000000000000", "12E"),
    ("100.035Ki", "102435.84", "102435840m"), ("0.5Mi", "524288", "512Ki"), ("0.05Gi", "53687091.2", "53687091200m"),
    ("0.000000000001Ki", "0.000000002", "2n"), (".001", "0.001", "1m"), (".0001k", "0.1", "100m"), ("1.", "1", "1"),
    ("1.G", "1000000000", "1G"), ("-1Ki", "-1024", "-1Ki"), ("-0.5", "-0.5", "-500m"), ("+2", "2", "2"),
    ("1024", "1024", "1024"), ("1023Ki", "1047552", "1023Ki"), ("512", "512", "512"), ("2048Ki", "2097152", "2Mi"), ("0.5Ki", "512", "512"),
]  # fmt: skip
WRONG = [
    "", "Non-Numeric", "1.1.M", "1+1.0M", "0.1mi", "0.1am", "aoeu", ".5i", "1i", "-3.01i", "-3.01e-", " 1", "1 ", "+", "-", "e", "Ki",
    ".", "-.", "1_000", "1/2", "²", "١", "1kk", "1e999999999", "9" * 1000, "0x10", "inf", "nan", "1Kib", "1\n",
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "canonical"), CASES)
def test_published_cases(text: str, value: str, canonical: str) -> None:
    assert Decimal(quantity.parse(text)) / quantity.ONE == Decimal(value)
    assert quantity.canonical(text) == canonical
    assert quantity.is_quantity(text)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_quantity_is_refused_in_the_servers_words(text: str) -> None:
    with pytest.raises(ValueError, match="must match the regular expression"):
        quantity.parse(text)
    assert not quantity.is_quantity(text)


NUMBERS = st.from_regex(r"[+-]?([0-9]{1,12}(\.[0-9]{0,12})?|\.[0-9]{1,12})", fullmatch=True)
SUFFIXES = st.sampled_from(["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "e3", "E-2", "e+6"])


@given(NUMBERS, SUFFIXES)
def test_agrees_with_decimal_arithmetic(number: str, suffix: str) -> None:
    powers = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "e3": 3, "E-2": -2, "e+6": 6, "": 0}
    with localcontext() as context:
        context.prec = 80
        factor = Decimal(10) ** powers[suffix] if suffix in powers else Decimal(2) ** (10 * ("KMGTPE".index(suffix[0]) + 1))
        exact = (Decimal(number) * factor * quantity.ONE).to_integral_value(ROUND_UP)
        most = Decimal(2**63 - 1) * quantity.ONE
        if suffix.endswith("i"):
            exact = max(min(exact, most), -most)
    assert quantity.parse(number + suffix) == int(exact)


@given(NUMBERS, SUFFIXES)
def test_the_canonical_text_means_the_same_and_stays(number: str, suffix: str) -> None:
    text = quantity.canonical(number + suffix)
    assert quantity.canonical(text) == text
    assert quantity.parse(text) == quantity.parse(number + suffix)


@given(st.text(max_size=12))
def test_free_text_is_read_or_refused(text: str) -> None:
    try:
        amount = quantity.parse(text)
    except ValueError:
        return
    assert isinstance(amount, int)


@given(st.integers(-(10**30), 10**30))
def test_rounding(amount: int) -> None:
    assert (quantity.whole(amount) - 1) * quantity.ONE < amount <= quantity.whole(amount) * quantity.ONE
    assert (quantity.milli(amount) - 1) * quantity.MILLI < amount <= quantity.milli(amount) * quantity.MILLI
