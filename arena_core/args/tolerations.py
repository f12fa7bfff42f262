"""Tolerations, and how they are read from a flag or a job file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena_core.args.values import as_text, check_qualified, each, items_of, structured
from arena_core.k8s import names
from arena_core.records import record

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


@record
class Toleration:
    """A toleration; an empty part means "any", as in Kubernetes."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    seconds: int | None = None


_TOLERATION_FORM = "key=value:effect[:operator[:seconds]], key:effect[:operator[:seconds]], key=value:effect,operator, key or all"


def tolerations(value: Any) -> tuple[Toleration, ...]:
    """Read Arena's ``key=value:effect,operator``, the fork's ``key[=value]:effect[:operator[:seconds]]``, ``key`` and ``all``."""
    found = each(_toleration, items_of(value))
    every = Toleration(operator="Exists")
    return (every,) if every in found else found


def _toleration(item: Any) -> Toleration:
    if isinstance(item, Toleration):
        return item
    if isinstance(item, Mapping):
        raw = structured(item, ("key", "operator", "value", "effect", "seconds"), "toleration")
        texts = {str(k): as_text(v, str(k)) for k, v in raw.items()}
        after = _seconds(texts.pop("seconds", ""), str(item))
        return check_toleration(Toleration(**texts, seconds=after), str(item))
    text = as_text(item, "toleration")
    if text == "all":
        return Toleration(operator="Exists")
    head, comma, operator = text.partition(",")
    head, *rest = head.split(":")
    key, sign, content = head.partition("=")
    if not key or (sign and not rest) or "" in rest or len(rest) > 3 or (comma and (not operator or len(rest) > 1)):
        raise ValueError(f"{text!r} is not a toleration: expected {_TOLERATION_FORM}")
    effect, named, wait = (*rest, "", "", "")[:3]
    operator = operator or named or ("Equal" if sign else "Exists")
    return check_toleration(Toleration(key, operator, content, effect, _seconds(wait, text)), text)


def _seconds(text: str, what: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{what!r}: {text!r} is not a number of seconds")
    return int(text)


def check_toleration(toleration: Toleration, text: str) -> Toleration:
    """Return the toleration if Kubernetes will take it."""
    if toleration.operator not in ("", "Equal", "Exists"):
        raise ValueError(f"{text!r}: the operator is Equal or Exists, not {toleration.operator!r}")
    if toleration.effect and toleration.effect not in EFFECTS:
        raise ValueError(f"{text!r}: the effect is one of {', '.join(EFFECTS)}, not {toleration.effect!r}")
    if toleration.seconds is not None and toleration.effect != "NoExecute":
        raise ValueError(f"{text!r}: seconds require the effect NoExecute")
    if toleration.operator == "Exists" and toleration.value:
        raise ValueError(f"{text!r}: the operator Exists takes no value")
    if not toleration.key and toleration.operator != "Exists":
        raise ValueError(f"{text!r}: without a key the operator must be Exists")
    if toleration.key:
        check_qualified(toleration.key, "key of the toleration")
    if names.label_value(toleration.value):
        raise ValueError(f"{text!r}: {toleration.value!r} is not a label value")
    return toleration
