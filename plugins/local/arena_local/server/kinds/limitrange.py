"""LimitRange: defaults among its own bounds, and bounds that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from arena_core.k8s import quantity
from arena_local.server.causes import Cause, bad_value, duplicate, prohibited, required
from arena_local.server.core import Host
from arena_local.server.kinds.base import Strategy

Obj = dict[str, Any]
_TYPES = ("Pod", "Container", "PersistentVolumeClaim")
#: field, other field, what is said of the first being greater than the second, and whose value is shown.
_ORDER = (
    ("min", "max", "min", "min value {} is greater than max value {}", 0),
    ("min", "defaultRequest", "defaultRequest", "min value {} is greater than default request value {}", 1),
    ("defaultRequest", "max", "defaultRequest", "default request value {} is greater than max value {}", 0),
    ("defaultRequest", "default", "defaultRequest", "default request value {} is greater than default limit value {}", 0),
    ("min", "default", "default", "min value {} is greater than default value {}", 0),
    ("default", "max", "default", "default value {} is greater than max value {}", 1),
)


class LimitRangeStrategy(Strategy):
    """LimitRanges."""

    def default(self, obj: Obj) -> None:
        """A container's default limit follows max, its default request the default limit, then min."""
        for item in (obj.get("spec") or {}).get("limits") or ():
            if item.get("type") != "Container":
                continue
            for key, source in (("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")):
                merged = {**(item.get(source) or {}), **(item.get(key) or {})}
                if merged:
                    item[key] = merged

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check each item."""
        seen: set[str] = set()
        for index, item in enumerate((obj.get("spec") or {}).get("limits") or ()):
            path, kind = f"spec.limits[{index}]", str(item.get("type", ""))
            if kind not in _TYPES and "/" not in kind:
                yield bad_value(f"{path}.type", kind, "must be a standard limit type or fully qualified")
            if kind in seen:
                yield duplicate(f"{path}.type", kind)
            seen.add(kind)
            yield from _of_type(path, kind, item)
            for name in sorted({*(item.get("min") or {}), *(item.get("max") or {})}):
                yield from _of_resource(path, name, item)


def _of_type(path: str, kind: str, item: Mapping[str, Any]) -> Iterator[Cause]:
    if kind == "Pod":
        for key in ("default", "defaultRequest"):
            if item.get(key):
                yield prohibited(f"{path}.{key}", "may not be specified when `type` is 'Pod'")
    if kind == "PersistentVolumeClaim" and not any("storage" in (item.get(key) or {}) for key in ("min", "max")):
        yield required(f"{path}.limits", "either minimum or maximum storage value is required, but neither was provided")
    keys = {*(item.get("min") or {}), *(item.get("max") or {})}
    for name in sorted({name for key in ("default", "defaultRequest", "maxLimitRequestRatio") for name in item.get(key) or {}} - keys):
        yield from _of_resource(path, name, item)


def _of_resource(path: str, name: str, item: Mapping[str, Any]) -> Iterator[Cause]:
    given = {key: (item.get(key) or {}).get(name) for key in ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio")}
    amounts = {key: quantity.parse(value) for key, value in given.items() if value is not None}
    for low, high, place, text, shown in _ORDER:
        if low in amounts and high in amounts and amounts[low] > amounts[high]:
            value = given[(low, high)[shown]]
            yield bad_value(f"{path}.{place}[{name}]", str(value), text.format(given[low], given[high]))
    ratio = amounts.get("maxLimitRequestRatio")
    if ratio is None:
        return
    where, shown_ratio = f"{path}.maxLimitRequestRatio[{name}]", str(given["maxLimitRequestRatio"])
    if ratio < quantity.ONE:
        yield bad_value(where, shown_ratio, f"ratio {shown_ratio} is less than 1")
    if amounts.get("min") and "max" in amounts and ratio / quantity.ONE > amounts["max"] / amounts["min"]:
        yield bad_value(where, shown_ratio, f"ratio {shown_ratio} is greater than max/min = {amounts['max'] / amounts['min']:f}")
