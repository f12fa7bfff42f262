"""Kinds that are served here so that they are checked, and that nothing runs: whoever creates one is told why."""

from __future__ import annotations

from collections.abc import Iterable

from arena_local.sdk.bundle import Admission, Api, Denied, Obj


def refusing(resource: str, why: str) -> Admission:
    """Return the admission that refuses every new object of a kind, with the reason."""

    def validate(api: Api, obj: Obj, old: Obj | None, operation: str) -> Iterable[str] | None:
        raise Denied(f"the local cluster does not run this kind: {why}")

    return Admission(f"nowhere.{resource}", resource, ("CREATE",), validate=validate)
