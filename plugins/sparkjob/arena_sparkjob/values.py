"""Amounts of memory as the JVM writes them, and how Kubernetes would count them. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any

from arena_core.args import BeforeValidator, WithJsonSchema

_JVM = re.compile(r"([0-9]+)([bkmgtp]?)b?", re.IGNORECASE)
_KUBERNETES = re.compile(r"([0-9]+)([kmgtp])i", re.IGNORECASE)
_FACTORS = {"": 1024**2, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4, "p": 1024**5}
#: What Spark adds to each pod's memory for what is outside the heap: a tenth, and at least so much.
_SHARE, _LEAST = 10, 384 * 1024**2


def jvm_memory(value: Any) -> str:
    """Read ``512m``, ``2g`` (Mi and Gi as Spark means them), or Kubernetes' ``512Mi``, as the JVM writes it.

    >>> jvm_memory("512Mi"), jvm_memory("2g")
    ('512m', '2g')
    """
    text = str(value).strip()
    if found := _KUBERNETES.fullmatch(text):
        return f"{found[1]}{found[2].lower()}"
    if not _JVM.fullmatch(text) or not int(_JVM.fullmatch(text)[1]):  # type: ignore[index]
        raise ValueError(f"{text!r} is no amount of memory for Spark: expected for example 512m or 2g")
    return text.lower()


def with_overhead(memory: str) -> str:
    """Return what a pod with this much heap asks Kubernetes for, in Mi.

    >>> with_overhead("500m"), with_overhead("10g")
    ('884Mi', '11264Mi')
    """
    found = _JVM.fullmatch(memory)
    amount = int(found[1]) * _FACTORS[found[2].lower()] if found else 0
    return f"{-(-(amount + max(amount // _SHARE, _LEAST)) // 1024**2)}Mi"


JvmMemory = Annotated[str, BeforeValidator(jvm_memory), WithJsonSchema({"type": "string"})]
