"""Admission: the webhooks of the bundles, in the words of the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena_local.api.check import check
from arena_local.api.errors import Refusal
from arena_local.api.options import WriteOptions
from arena_local.api.registry import Resource
from arena_local.bundle import Admission, Denied

if TYPE_CHECKING:
    from arena_local.api.server import ApiServer

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


def _hooks(server: ApiServer, resource: Resource, operation: str) -> list[Admission]:
    return [hook for hook in server.webhooks.get(resource.storage_id, ()) if operation in hook.operations]


def admit(server: ApiServer, resource: Resource, obj: Obj, old: Obj | None, operation: str, options: WriteOptions) -> None:
    """Let the bundles change the object."""
    if options.subresource:
        return
    for hook in _hooks(server, resource, operation):
        if hook.mutate is not None:
            try:
                hook.mutate(server, obj, old, operation)
            except Denied as error:
                raise denied(hook, error) from None
            except _MISREAD:
                # The schema, which is looked at next, says what is wrong.
                if not resource.custom or not any(check(resource.schema, obj, "", root=True)):
                    raise


def admit_late(server: ApiServer, resource: Resource, obj: Obj, old: Obj | None, operation: str, options: WriteOptions) -> None:
    """Let the bundles refuse the finished object."""
    if options.subresource:
        return
    for hook in _hooks(server, resource, operation):
        if hook.validate is not None:
            try:
                options.warnings.extend(hook.validate(server, obj, old, operation) or ())
            except Denied as error:
                options.warnings.extend(error.warnings)
                raise denied(hook, error) from None
