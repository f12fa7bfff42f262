"""Find flavors for the pod sets of a Workload within the quota of a ClusterQueue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from arena_local.bundle import Obj
from arena_local.kueue import amounts, podsets
from arena_local.kueue.cohort import Capacity

FIT, PREEMPT, NO_FIT = 2, 1, 0
_Place = tuple[str, str]


@dataclass
class Assignment:
    """What came out: how well it fits, the assignments per pod set, what is used of (flavor, resource), and the explanation."""

    mode: int = FIT
    pod_sets: list[Obj] = field(default_factory=list)
    usage: dict[_Place, Decimal] = field(default_factory=dict)
    message: str = ""


@dataclass
class _Group:
    """The best flavor of one resource group for one pod set."""

    mode: int = NO_FIT
    flavor: str = ""
    borrows: bool = False


class Assigner:
    """Assigns flavors for one Workload, given what the queue can still take."""

    def __init__(self, queue: Obj, flavors: Mapping[str, Obj], capacity: Capacity) -> None:
        self._groups: Sequence[Obj] = queue["spec"].get("resourceGroups") or ()
        fungible = queue["spec"].get("flavorFungibility") or {}
        self._fungible = fungible.get("whenCanPreempt", "TryNextFlavor")
        self._borrow = fungible.get("whenCanBorrow", "MayStopSearch") != "TryNextFlavor"
        self._flavors = flavors
        self._capacity = capacity

    def assign(self, workload: Obj, fewer: Mapping[str, int] | None = None) -> Assignment:
        """Return the assignment; a pod set that fits nowhere ends the search. ``fewer`` asks for less of some pod sets."""
        result = Assignment()
        number, each = {**podsets.counts(workload), **(fewer or {})}, podsets.requests(workload)
        texts = []
        for pod_set in workload["spec"]["podSets"]:
            name = pod_set["name"]
            wanted = {resource: amount * number[name] for resource, amount in each[name].items()}
            if any("pods" in (group.get("coveredResources") or ()) for group in self._groups):
                wanted["pods"] = Decimal(number[name])
            reasons: list[str] = []
            mode, chosen = self._pod_set(pod_set, wanted, result.usage, reasons)
            result.mode = min(result.mode, mode)
            if mode != FIT:
                texts.append(f"couldn't assign flavors to pod set {name}: {', '.join(sorted(reasons))}")
            if mode == NO_FIT:
                break
            for resource, flavor in chosen.items():
                place = (flavor, resource)
                result.usage[place] = result.usage.get(place, Decimal(0)) + wanted[resource]
            used = amounts.texts({resource: wanted[resource] for resource in chosen})
            entry: Obj = {"name": name, "count": number[name]}
            result.pod_sets.append({**entry, "flavors": chosen, "resourceUsage": used} if chosen else entry)
        result.message = "; ".join(texts)
        return result

    def reduced(self, workload: Obj) -> Assignment | None:
        """Return the largest assignment that fits with fewer pods than wanted, where the Workload allows that (partial admission)."""
        full = podsets.counts(workload)
        least = {item["name"]: int(item["minCount"]) for item in workload["spec"]["podSets"] if item.get("minCount") is not None}
        spare = {name: max(0, full[name] - low) for name, low in least.items()}
        best, low, high = None, 1, sum(spare.values())
        while low <= high:
            middle = (low + high) // 2
            fewer = {name: full[name] - more * middle // sum(spare.values()) for name, more in spare.items()}
            found = self.assign(workload, fewer)
            if found.mode == FIT:
                best, high = found, middle - 1
            else:
                low = middle + 1
        return best

    def _pod_set(
        self, pod_set: Obj, wanted: Mapping[str, Decimal], taken: Mapping[_Place, Decimal], reasons: list[str]
    ) -> tuple[int, dict[str, str]]:
        mode, chosen = FIT, {}
        for resource in sorted(wanted):
            if resource in chosen:
                continue
            group = next((item for item in self._groups if resource in item["coveredResources"]), None)
            if group is None:
                if not wanted[resource]:
                    continue
                reasons.append(f"resource {resource} unavailable in ClusterQueue")
                return NO_FIT, {}
            asked = {name: amount for name, amount in wanted.items() if name in group["coveredResources"]}
            best = self._group(pod_set, group, asked, taken, reasons)
            if best.mode == NO_FIT:
                return NO_FIT, {}
            mode = min(mode, best.mode)
            chosen.update(dict.fromkeys(asked, best.flavor))
        return mode, chosen

    def _group(self, pod_set: Obj, group: Obj, asked: Mapping[str, Decimal], taken: Mapping[_Place, Decimal], reasons: list[str]) -> _Group:
        best = _Group()
        specs = [(self._flavors.get(item["name"]) or {}).get("spec") or {} for item in group["flavors"]]
        names = {key for spec in specs for key in spec.get("nodeLabels") or {}}
        for item in group["flavors"]:
            flavor = item["name"]
            found = self._flavors.get(flavor)
            if found is None:
                reasons.append(f"flavor {flavor} not found")
                continue
            unfit = _mismatch(pod_set["template"].get("spec") or {}, found, names)
            if unfit:
                reasons.append(unfit)
                continue
            mode = min(
                (self._resource(flavor, resource, amount, taken, reasons) for resource, amount in sorted(asked.items())), default=FIT
            )
            borrows = any(self._capacity.borrows((flavor, r), taken.get((flavor, r), Decimal(0)) + a) for r, a in asked.items())
            if mode > best.mode or (mode == best.mode == FIT and best.borrows and not borrows):
                best = _Group(mode, flavor, borrows)
            if (mode == FIT and (self._borrow or not borrows)) or (mode == PREEMPT and self._fungible in ("MayStopSearch", "Preempt")):
                break
        return best

    def _resource(self, flavor: str, resource: str, amount: Decimal, taken: Mapping[_Place, Decimal], reasons: list[str]) -> int:
        place = (flavor, resource)
        before = taken.get(place, Decimal(0))
        quota = self._capacity.most(place)
        if before + amount > quota:
            numbers = [amounts.text(resource, value) for value in (before, amount, quota)]
            reasons.append(
                f"insufficient quota for {resource} in flavor {flavor}, previously considered podsets requests ({numbers[0]}) "
                f"+ current podset request ({numbers[1]}) > maximum capacity ({numbers[2]})"
            )
            return NO_FIT
        free = self._capacity.free(place)
        if before + amount <= free:
            return FIT
        more = amounts.text(resource, before + amount - free)
        reasons.append(f"insufficient unused quota for {resource} in flavor {flavor}, {more} more needed")
        # What is more than the queue's own quota is not taken from others by force.
        return PREEMPT if before + amount <= self._capacity.nominal(place) else NO_FIT


def _mismatch(spec: Obj, flavor: Obj, group_keys: set[str]) -> str:
    """Return why pods of this spec cannot go to nodes of the flavor, or ""."""
    name = flavor["metadata"]["name"]
    own = flavor.get("spec") or {}
    tolerations = [*(spec.get("tolerations") or ()), *(own.get("tolerations") or ())]
    for taint in own.get("nodeTaints") or ():
        if taint.get("effect") in ("NoSchedule", "NoExecute") and not any(_tolerates(item, taint) for item in tolerations):
            return f"untolerated taint {{{taint['key']} {taint.get('value', '')} {taint['effect']} <nil>}} in flavor {name}"
    labels = own.get("nodeLabels") or {}
    for key, value in (spec.get("nodeSelector") or {}).items():
        if key in group_keys and labels.get(key) != value:
            return f"flavor {name} doesn't match node affinity"
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    terms = required.get("nodeSelectorTerms") or ()
    if terms and not any(_term(item.get("matchExpressions") or (), labels, group_keys) for item in terms):
        return f"flavor {name} doesn't match node affinity"
    return ""


def _tolerates(toleration: Obj, taint: Obj) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    if toleration["key"] != taint["key"]:
        return False
    return toleration.get("operator") == "Exists" or (toleration.get("value") or "") == (taint.get("value") or "")


def _term(expressions: Sequence[Obj], labels: Mapping[str, Any], keys: set[str]) -> bool:
    for item in expressions:
        if item["key"] not in keys:
            continue
        value, wanted = labels.get(item["key"]), item.get("values") or ()
        checks = {
            "In": value in wanted,
            "NotIn": value not in wanted,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not checks.get(item.get("operator", ""), True):
            return False
    return True
