"""Who stands in a queue, in which order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from arena_core.contract.queues import Queued
from arena_core.contract.types import Manifest
from arena_core.k8s import dig, owners, podsize, quantity
from arena_core.records import replace
from arena_core.typed import Any

#: What is shown of what a job asks for, besides devices.
_SIZES = ("cpu", "memory")


def queued(entry: Manifest, priority: int, since: str, asks: Mapping[str, int], reason: str = "") -> Queued:
    """Return an entry under the name of the job that owns it."""
    owner = next(owners.references(entry), {})
    known = {key: str(owner.get(key, "")) for key in ("apiVersion", "kind", "name", "uid")} if owner else {}
    name = known.get("name") or dig.text(entry, "metadata", "name")
    return Queued(name, dig.text(entry, "metadata", "namespace"), known, priority, since, asks, reason=reason)


def in_line(entries: Sequence[tuple[Queued, Any]], everybody: Sequence[Any] | None) -> tuple[Queued, ...]:
    """Return those who wait in their order, with their places; the second of each pair is by what they are ordered.

    ``everybody`` are the keys of all who want the same quota, None where not all of them can be read.
    """
    ordered = sorted(entries, key=lambda pair: pair[1])
    whole = None if everybody is None else sorted(everybody)
    return tuple(replace(one, place=n, overall=None if whole is None else whole.index(key) + 1) for n, (one, key) in enumerate(ordered, 1))


def pods_ask(sets: Sequence[tuple[Any, int]]) -> dict[str, int]:
    """Return what pods of these specs, so many of each, ask for: cpu, memory and devices, in billionths."""
    total: dict[str, int] = {}
    for spec, count in sets:
        try:
            podsize.add(total, podsize.requests(spec if isinstance(spec, Mapping) else {}), count)
        except (ValueError, TypeError, AttributeError):
            continue
    return shown(total)


def shown(amounts: Mapping[str, int]) -> dict[str, int]:
    """Return devices, cpu and memory of amounts, devices first."""
    kept = {name: amount for name, amount in amounts.items() if amount > 0 and (name in _SIZES or _is_device(name))}
    return dict(sorted(kept.items(), key=lambda item: (item[0] in _SIZES, item[0])))


def _is_device(name: str) -> bool:
    """Whether it is a device of a vendor: ``count/pods`` is none, nor what a limit of requests is called."""
    return "/" in name and not name.startswith(("count/", "requests.", "limits."))


def amounts(values: Any) -> dict[str, int]:
    """Return a resource list in billionths; what is no quantity is left out."""
    return {str(k): quantity.parse(v) for k, v in values.items() if quantity.is_quantity(v)} if isinstance(values, Mapping) else {}


def amount(value: Any) -> int | None:
    """Return one quantity in billionths, None where there is none."""
    return quantity.parse(value) if value is not None and quantity.is_quantity(value) else None


def by(objects: Sequence[Manifest], key: Callable[[Manifest], str]) -> dict[str, list[Manifest]]:
    """Return the objects by a text of theirs."""
    found: dict[str, list[Manifest]] = {}
    for obj in objects:
        found.setdefault(key(obj), []).append(obj)
    return found
