"""ResourceQuota: keys that are resources, amounts that make sense, scopes that there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arena_core.k8s import quantity
from arena_core.k8s.copies import same
from arena_local.server.causes import Cause, bad_value, unsupported
from arena_local.server.core import Host
from arena_local.server.kinds.base import Strategy
from arena_local.server.policy.quotascopes import SCOPES

Obj = dict[str, Any]
_COMPUTE = [f"{head}{name}" for head in ("", "requests.", "limits.") for name in ("cpu", "memory", "ephemeral-storage")]
_COUNTS = "pods services replicationcontrollers resourcequotas secrets configmaps persistentvolumeclaims services.nodeports"
_WHOLE = frozenset([*_COUNTS.split(), "services.loadbalancers"])
_STANDARD = frozenset([*_COMPUTE, *_WHOLE, "storage", "requests.storage"])


class QuotaStrategy(Strategy):
    """ResourceQuotas."""

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check keys, amounts and scopes."""
        spec = obj.get("spec") or {}
        for key, value in sorted((spec.get("hard") or {}).items()):
            path, amount = f"spec.hard[{key}]", quantity.parse(value)
            if "/" not in key and key not in _STANDARD and not key.removeprefix("requests.").startswith("hugepages-"):
                yield bad_value(path, key, "must be a standard resource for quota")
            if amount < 0:
                yield bad_value(path, str(value), "must be greater than or equal to 0")
            elif amount % quantity.ONE and (key in _WHOLE or key.startswith("count/")):
                yield bad_value(path, str(value), "must be an integer")
        for scope in spec.get("scopes") or ():
            if scope not in SCOPES:
                yield bad_value("spec.scopes", spec["scopes"], "unsupported scope")
        for index, term in enumerate((spec.get("scopeSelector") or {}).get("matchExpressions") or ()):
            if term.get("scopeName") not in SCOPES:
                yield unsupported(f"spec.scopeSelector.matchExpressions[{index}].scopeName", term.get("scopeName"), SCOPES)

    def validate_update(self, host: Host, obj: Obj, old: Obj) -> Iterator[Cause]:
        """Refuse other scopes."""
        new, before = (item.get("spec") or {} for item in (obj, old))
        if not same(new.get("scopes") or [], before.get("scopes") or []):
            yield bad_value("spec.scopes", new.get("scopes") or [], "field is immutable")
