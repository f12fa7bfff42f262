"""How values are read from a flag or a job file: lists and pairs, names, quantities, durations; every problem at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from arena_core.k8s import duration as k8s_duration
from arena_core.k8s import names as syntax
from arena_core.k8s import quantity as k8s_quantity
from arena_core.k8s.written import WrittenFloat

T = TypeVar("T")

ENV_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


class Several(ValueError):
    """What is wrong with several values of one repeatable flag."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        super().__init__("; ".join(self.texts))


def each(read: Callable[[Any], T], values: Iterable[Any]) -> tuple[T, ...]:
    """Read every value; raises with all that is wrong, not with the first."""
    found: list[T] = []
    wrong: list[str] = []
    for value in values:
        try:
            found.append(read(value))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise Several(wrong)
    return tuple(found)


def as_text(value: Any, what: str) -> str:
    """Return a scalar as text. Booleans are refused: YAML reads ``yes`` and ``on`` as such, and what was written is lost."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return value.written if isinstance(value, WrittenFloat) else repr(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{what}: {value!r} is not text; write it in quotes")


def pairs(value: Any, what: str = "KEY=VALUE", check: Callable[[str, str], object] = lambda key, text: None) -> dict[str, str]:
    """Read ``KEY=VALUE`` texts, or a mapping of a job file, and check each pair; a repeated key takes the last value."""

    def pair(item: Any) -> tuple[str, str]:
        if isinstance(item, tuple):
            key, text = as_text(item[0], "key"), as_text(item[1], str(item[0]))
        else:
            key, sign, text = as_text(item, what).partition("=")
            if not sign or not key:
                raise ValueError(f"{item!r} is not of the form {what}")
        check(key, text)
        return key, text

    return dict(each(pair, value.items() if isinstance(value, Mapping) else items_of(value)))


def items_of(value: Any) -> Iterable[Any]:
    """Return the values of a repeatable flag: those of a list, or the one text."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Iterable) and not isinstance(value, (bytes, Mapping)):
        return value
    raise ValueError(f"expected a list, got {value!r}")


def structured(value: Any, keys: tuple[str, ...], what: str) -> dict[str, Any]:
    """Return a mapping of a job file whose keys are all known."""
    unknown = [str(k) for k in value if k not in keys]
    if unknown:
        raise ValueError(f"{what}: unknown key {', '.join(unknown)}; known are {', '.join(keys)}")
    return dict(value)


def quantity(value: Any) -> str:
    """Return a Kubernetes quantity (``500m``, ``2Gi``) as text; an empty text means "not given"."""
    text = as_text(value, "quantity") if not isinstance(value, float) else f"{value:.15g}"
    if text and not (k8s_quantity.is_quantity(text) and k8s_quantity.parse(text) >= 0):
        raise ValueError(f"{text!r} is not a quantity such as 500m, 2, 1.5 or 2Gi")
    return text


def duration(value: Any) -> int:
    """Return seconds from Go's ``1h30m``, ``90s``, ``1.5h``, or from a plain number of seconds."""
    if isinstance(value, int) and not isinstance(value, bool):
        seconds: float = value
    else:
        seconds = k8s_duration.parse(as_text(value, "duration"), plain=True)
    if seconds < 0 or seconds != int(seconds):
        raise ValueError(f"{value!r} must be a whole number of seconds and not negative")
    return int(seconds)


def processes(value: Any) -> str:
    """Return how many processes torchrun starts on a node: ``auto``, ``cpu``, ``gpu``, a number from 1, or nothing."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not (text in ("", "auto", "cpu", "gpu") or (text.isascii() and text.isdigit() and int(text) > 0)):
        raise ValueError(f"{value!r} must be auto, cpu, gpu or a number from 1")
    return text


def check_dns_label(text: str, limit: int = 63) -> str:
    """Return a DNS label (RFC 1123)."""
    if len(text) > limit or syntax.label(text):
        raise ValueError(f"{text!r} is not a name of lower-case letters, digits and '-' (at most {limit} characters)")
    return text


def check_dns_subdomain(text: str) -> str:
    """Return a DNS subdomain, the form of most object names; an empty text means "not given"."""
    if text and syntax.subdomain(text):
        raise ValueError(f"{text!r} is not a name of lower-case letters, digits, '-' and '.'")
    return text


def check_qualified(text: str, what: str = "key") -> str:
    """Return a qualified name: ``name`` or ``prefix/name``."""
    if syntax.qualified_name(text):
        raise ValueError(f"{what} {text!r} must be of letters, digits, '-', '_' and '.', with an optional DNS prefix and '/'")
    return text


def labels(value: Any) -> dict[str, str]:
    """Read ``key=value`` labels (also of a node selector)."""

    def check(key: str, text: str) -> None:
        check_qualified(key, "label")
        if syntax.label_value(text):
            raise ValueError(
                f"label {key}: the value {text!r} may have at most 63 letters, digits, '-', '_', '.', a letter or digit at both ends"
            )

    return pairs(value, check=check)


def annotation_map(value: Any) -> dict[str, str]:
    """Read ``key=value`` annotations."""
    return pairs(value, check=lambda key, text: check_qualified(key, "annotation"))


def env(value: Any) -> dict[str, str]:
    """Read ``NAME=value`` environment variables, split at the first ``=``."""

    def check(name: str, text: str) -> None:
        if not ENV_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of an environment variable (letters, digits, '_', '-' and '.', no digit first)")
        if "\0" in text:
            raise ValueError(f"{name}: the value contains a NUL character")

    return pairs(value, "NAME=VALUE", check)


def devices(value: Any) -> dict[str, str]:
    """Read ``vendor/resource=quantity`` extended resources."""

    def check(name: str, amount: str) -> None:
        if name == "nvidia.com/gpu":
            raise ValueError(f"use --gpus={amount} for nvidia.com/gpu")
        if re.fullmatch(r"hugepages-\d+[KMG]i", name):
            if not quantity(amount):
                raise ValueError(f"{name}: the amount is missing")
            return
        check_qualified(name, "resource")
        if "/" not in name:
            raise ValueError(f"{name!r} is not an extended resource (vendor/resource, such as amd.com/gpu; or hugepages-2Mi)")
        if not re.fullmatch(r"\d+([kMGTPE]i?)?", amount):
            raise ValueError(f"{name}: {amount!r} is not a whole number")

    return pairs(value, "VENDOR/RESOURCE=QUANTITY", check)


def words(value: Any) -> tuple[str, ...]:
    """Read the command: one text, or a list of words."""
    return tuple(as_text(item, "command") for item in items_of(value))


def names(value: Any) -> tuple[str, ...]:
    """Read a list of object names."""

    def read(item: Any) -> str:
        name = as_text(item, "name")
        if not name:
            raise ValueError("a name is empty")
        return check_dns_subdomain(name)

    return each(read, items_of(value))
