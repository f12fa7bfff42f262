"""One cause of a 422, in Kubernetes' wording (``field.Error``)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cause:
    """Reason, message and field, as ``details.causes`` shows them."""

    reason: str
    message: str
    field: str


def shown(value: Any) -> str:
    """Return a value as error messages quote it."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def required(field: str, detail: str = "") -> Cause:
    """The field is missing."""
    return Cause("FieldValueRequired", f"Required value: {detail}" if detail else "Required value", field)


def bad_value(field: str, value: Any, detail: str) -> Cause:
    """The value is not allowed."""
    return Cause("FieldValueInvalid", f"Invalid value: {shown(value)}: {detail}", field)


def bad_type(field: str, type_name: str, detail: str) -> Cause:
    """The value has the wrong JSON type."""
    return Cause("FieldValueTypeInvalid", f"Invalid value: {shown(type_name)}: {detail}", field)


def unsupported(field: str, value: Any, supported: Iterable[Any]) -> Cause:
    """The value is none of a closed set."""
    allowed = ", ".join(shown(item) for item in supported)
    return Cause("FieldValueNotSupported", f"Unsupported value: {shown(value)}: supported values: {allowed}", field)


def duplicate(field: str, value: Any) -> Cause:
    """The value stands there twice."""
    return Cause("FieldValueDuplicate", f"Duplicate value: {shown(value)}", field)


def prohibited(field: str, detail: str) -> Cause:
    """The field may not be set or changed."""
    return Cause("FieldValueForbidden", f"Forbidden: {detail}", field)


def too_long(field: str, limit: int) -> Cause:
    """The text is too long."""
    return Cause("FieldValueTooLong", f"Too long: may not be more than {limit} bytes", field)


def too_many(field: str, count: int, limit: int) -> Cause:
    """The list is too long."""
    return Cause("FieldValueTooMany", f"Too many: {count}: must have at most {limit} items", field)


def missing(field: str, value: Any) -> Cause:
    """A reference leads nowhere."""
    return Cause("FieldValueNotFound", f"Not found: {shown(value)}", field)
