"""Admission: the webhooks of the bundles, in the words of the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena_local.sdk.bundle import Admission, Denied
from arena_local.server.check import check
from arena_local.server.errors import Refusal
from arena_local.server.options import WriteOptions
from arena_local.server.registry import Resource

if TYPE_CHECKING:
    from arena_local.server.core import Core

Obj = dict[str, Any]
#: How a webhook stumbles over an object that has not the shape of its kind.
_MISREAD = (AttributeError, TypeError, KeyError, IndexError, ValueError)
#: What the API server adds to a bare code; a webhook that answers 400 without a reason gets none (Volcano's do).
_REASONS = {403: "Forbidden", 404: "NotFound", 409: "Conflict", 422: "Invalid"}


def denied(webhook: Admission, error: Denied) -> Refusal:
    """Return the refusal of a webhook."""
    reason = error.reason or ("Forbidden" if error.code == 403 else "")
    message = f'admission webhook "{webhook.name}" denied the request: {error.message}'
    return Refusal(error.code, reason, message)


def _hooks(server: Core, resource: Resource, operation: str) -> list[Admission]:
    return [hook for hook in server.webhooks.get(resource.storage_id, ()) if operation in hook.operations]


def _elsewhere(server: Core, resource: Resource) -> bool:
    """Return whether the object has to be converted for the webhooks, which know the stored version (matchPolicy Equivalent)."""
    return resource.custom and resource.version != resource.storage_version and resource.storage_id in server.conversions


def admit(server: Core, resource: Resource, obj: Obj, old: Obj | None, operation: str, options: WriteOptions) -> None:
    """Let the bundles change the object."""
    if options.subresource:
        return
    hooks = [hook for hook in _hooks(server, resource, operation) if hook.mutate is not None]
    if hooks and _elsewhere(server, resource):
        if any(check(resource.schema, obj, "", root=True)):
            return  # It is refused anyway, and what is malformed cannot be converted.
        stored = server.to_storage(resource, obj)
        admit(server, server.resource(resource.id), stored, old and server.to_storage(resource, old), operation, options)
        changed = server.from_storage(resource, stored)
        obj.clear()
        obj.update(changed)
        return
    for hook in hooks:
        if hook.mutate is not None:
            try:
                hook.mutate(server, obj, old, operation)
            except Denied as error:
                raise denied(hook, error) from None
            except _MISREAD:
                # The schema, which is looked at next, says what is wrong.
                if not resource.custom or not any(check(resource.schema, obj, "", root=True)):
                    raise


def admit_late(server: Core, resource: Resource, obj: Obj, old: Obj | None, operation: str, options: WriteOptions) -> None:
    """Let the bundles refuse the finished object."""
    if options.subresource:
        return
    hooks = [hook for hook in _hooks(server, resource, operation) if hook.validate is not None]
    if hooks and _elsewhere(server, resource):
        obj, old = server.to_storage(resource, obj), old and server.to_storage(resource, old)
    for hook in hooks:
        if hook.validate is not None:
            try:
                options.warnings.extend(hook.validate(server, obj, old, operation) or ())
            except Denied as error:
                options.warnings.extend(error.warnings)
                raise denied(hook, error) from None
