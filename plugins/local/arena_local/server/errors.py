"""Refusals, worded as an API server words them, and the Status documents made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from arena_local.sdk.bundle import ApiError
from arena_local.server.causes import Cause


class Refusal(ApiError):
    """An ``ApiError`` that also says whether ``details`` is shown when it is empty."""

    def __init__(self, code: int, reason: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, reason, message, details)
        self.shows_details = details is not None
        self.metadata: dict[str, Any] = {}
        self.warnings: list[str] = []


def status_of(error: ApiError) -> dict[str, Any]:
    """Return the Status document of a refusal."""
    status: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": getattr(error, "metadata", {}),
        "status": "Failure",
        "message": error.message,
    }
    if error.reason:
        status["reason"] = error.reason
    if error.details or getattr(error, "shows_details", False):
        status["details"] = error.details
    status["code"] = error.code
    return status


def _about(plural: str, group: str, name: str) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if name:
        details["name"] = name
    if group:
        details["group"] = group
    details["kind"] = plural
    return details


def qualified(plural: str, group: str) -> str:
    """Return ``plural.group``, or the plural alone for the core group."""
    return f"{plural}.{group}" if group else plural


def bad_request(message: str) -> Refusal:
    """400."""
    return Refusal(400, "BadRequest", message)


def not_found(plural: str, group: str, name: str) -> Refusal:
    """404 about one object."""
    return Refusal(404, "NotFound", f'{qualified(plural, group)} "{name}" not found', _about(plural, group, name))


def no_such_resource() -> Refusal:
    """404 about a path that a served group does not have."""
    return Refusal(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(plural: str, group: str, name: str, prefix: str = "") -> Refusal:
    """409 on create."""
    message = f'{prefix}{qualified(plural, group)} "{name}" already exists'
    return Refusal(409, "AlreadyExists", message, _about(plural, group, name))


def conflict(plural: str, group: str, name: str, why: str) -> Refusal:
    """409 on update."""
    message = f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": {why}'
    return Refusal(409, "Conflict", message, _about(plural, group, name))


STALE = "the object has been modified; please apply your changes to the latest version and try again"


def forbidden(plural: str, group: str, name: str, why: str, causes: Iterable[Mapping[str, str]] = ()) -> Refusal:
    """403 by admission."""
    details = _about(plural, group, name)
    if causes := [dict(cause) for cause in causes]:
        details["causes"] = causes
    return Refusal(403, "Forbidden", f'{qualified(plural, group)} "{name}" is forbidden: {why}', details)


def invalid(kind: str, group: str, name: str, causes: Iterable[Cause]) -> Refusal:
    """422 with every cause."""
    causes = list(causes)
    texts = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    text = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    details = _about(kind, group, name)
    details["causes"] = [{"reason": cause.reason, "message": cause.message, "field": cause.field} for cause in causes]
    return Refusal(422, "Invalid", f'{qualified(kind, group)} "{name}" is invalid: {text}', details)


def invalid_options(kind: str, causes: Iterable[Cause]) -> Refusal:
    """422 about query parameters (``CreateOptions`` ...)."""
    return invalid(kind, "meta.k8s.io", "", causes)


def internal(message: str, *, reason: str = "", details: Mapping[str, Any] | None = None) -> Refusal:
    """500 as Kubernetes' generic error path words it: neither reason nor details."""
    return Refusal(500, reason, message, details)


def expired(message: str) -> Refusal:
    """410."""
    return Refusal(410, "Expired", message)


def method_not_allowed() -> Refusal:
    """405."""
    return Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})
