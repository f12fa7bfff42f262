"""What a pod asks of a node: requests and limits of all its containers together, as the scheduler counts them.

The rules are those of ``k8s.io/component-helpers/resource``: containers and sidecars (init containers that restart always) run
together; of the other init containers the largest counts, each beside the sidecars before it; overhead comes on top; a pod's own
``spec.resources`` goes before the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from arena_core.k8s import quantity
from arena_core.typed import Any

#: Resource → amount in billionths (``quantity.ONE`` is one).
Amounts = dict[str, int]


def read(values: Mapping[str, Any] | None) -> Amounts:
    """Read a resource list; raises ``ValueError`` where a value is no quantity."""
    return {name: quantity.parse(value) for name, value in (values or {}).items()}


def add(total: Amounts, more: Mapping[str, int], times: int = 1) -> Amounts:
    """Add ``more`` to ``total`` in place, and return it."""
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount * times
    return total


def requests(spec: Mapping[str, Any]) -> Amounts:
    """Return what the pod asks for; a limit stands in for a request that is not given."""
    return _of_pod(spec, container_requests)


def limits(spec: Mapping[str, Any]) -> Amounts:
    """Return what the pod may use."""
    return _of_pod(spec, lambda holder: read(_resources(holder).get("limits")))


def container_requests(container: Mapping[str, Any]) -> Amounts:
    """Return what one container asks for; a limit stands in for a request that is not given."""
    resources = _resources(container)
    return read({**(resources.get("limits") or {}), **(resources.get("requests") or {})})


def devices(spec: Any) -> dict[str, int]:
    """Return how many of each extended resource (``vendor/name``) the pod asks for; nothing where its spec cannot be read."""
    try:
        if _asks_nothing(spec):
            return {}
        found = _of_pod(spec, _devices)
    except (ValueError, TypeError, AttributeError):
        return {}
    return {name: quantity.whole(amount) for name, amount in sorted(found.items()) if "/" in name and amount > 0} if found else {}


def _asks_nothing(spec: Mapping[str, Any]) -> bool:
    """Whether it is seen at once that a pod asks for nothing; long lists are full of such."""
    if spec.get("initContainers") or spec.get("resources") or spec.get("overhead"):
        return False
    for container in spec.get("containers") or ():  # noqa: SIM110  # a generator would take as long as the whole
        if container.get("resources"):
            return False
    return True


def _devices(holder: Mapping[str, Any]) -> Amounts:
    resources = holder.get("resources")
    if not resources:
        return {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: quantity.parse(value) for name, value in asked.items() if "/" in name}


def qos_class(spec: Mapping[str, Any]) -> str:
    """Return the quality of service that requests and limits amount to: ``BestEffort``, ``Burstable`` or ``Guaranteed``."""
    holders = [spec] if spec.get("resources") else [*_containers(spec, "containers"), *_containers(spec, "initContainers")]
    asked = [(_counted(container_requests(holder)), _counted(read(_resources(holder).get("limits")))) for holder in holders]
    if not any(requests for requests, _ in asked):
        return "BestEffort"
    return "Guaranteed" if all(len(limits) == 2 and requests == limits for requests, limits in asked) else "Burstable"


def _counted(amounts: Amounts) -> Amounts:
    return {name: amount for name, amount in amounts.items() if name in ("cpu", "memory") and amount}


def _resources(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = holder.get("resources") or {}
    return found


def _of_pod(spec: Mapping[str, Any], amounts_of: Any) -> Amounts:
    total: Amounts = {}
    for container in _containers(spec, "containers"):
        add(total, amounts_of(container))
    if not spec.get("initContainers"):
        return _with_own(total, spec, amounts_of)
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in _containers(spec, "initContainers"):
        alone = amounts_of(container)
        if container.get("restartPolicy") == "Always":
            add(sidecars, alone)
            alone = {}
        for name, amount in add(dict(alone), sidecars).items():
            peak[name] = max(peak.get(name, 0), amount)
    if sidecars or peak:
        add(total, sidecars)
        for name, amount in peak.items():
            total[name] = max(total.get(name, 0), amount)
    return _with_own(total, spec, amounts_of)


def _with_own(total: Amounts, spec: Mapping[str, Any], amounts_of: Any) -> Amounts:
    """Add what the pod itself asks for."""
    if spec.get("resources"):
        total.update(amounts_of(spec))
    return add(total, read(spec["overhead"])) if spec.get("overhead") else total


def _containers(spec: Mapping[str, Any], field: str) -> Iterable[Mapping[str, Any]]:
    return [row for row in spec.get(field) or () if type(row) is dict or isinstance(row, Mapping)]
