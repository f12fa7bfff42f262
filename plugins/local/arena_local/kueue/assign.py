"""Find flavors for the pod sets of a Workload within the quota of a ClusterQueue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from arena_core.k8s import quantity, selectors
from arena_local.kueue import amounts, podsets
from arena_local.kueue.quota import Node
from arena_local.sdk.bundle import Obj

#: How well something fits: not at all; only if others gave way, and none may be made to; others of the same queue would have to give
#: way; only such that use more than their share would; it fits.
NO_FIT, NO_CANDIDATES, PREEMPT, RECLAIM, FIT = range(5)
_Place = tuple[str, str]
#: Says how well so much of a place fits once others have given way, and how far up the queue would then borrow.
Oracle = Callable[[_Place, int], tuple[int, int]]


@dataclass
class Assignment:
    """What came out: how well it fits, the assignments per pod set, what is used of (flavor, resource), and the explanation.

    ``short`` are the places where others would have to give way; ``reach`` says how far up the queue borrows.
    """

    mode: int = FIT
    pod_sets: list[Obj] = field(default_factory=list)
    usage: dict[_Place, int] = field(default_factory=dict)
    short: set[_Place] = field(default_factory=set)
    reach: int = 0
    message: str = ""


@dataclass
class _Group:
    """The best flavor of one resource group for one pod set."""

    mode: int = NO_FIT
    flavor: str = ""
    reach: int = 0
    short: tuple[_Place, ...] = ()


class Assigner:
    """Assigns flavors for one Workload, given what the queue can still take."""

    def __init__(self, queue: Obj, flavors: Mapping[str, Obj], node: Node, oracle: Oracle | None = None) -> None:
        self._groups: Sequence[Obj] = queue["spec"].get("resourceGroups") or ()
        fungible = queue["spec"].get("flavorFungibility") or {}
        self._preempts_first = fungible.get("whenCanPreempt", "TryNextFlavor") == "MayStopSearch"
        self._borrows_first = fungible.get("whenCanBorrow", "MayStopSearch") != "TryNextFlavor"
        self._rather_preempts = fungible.get("preference") == "PreemptionOverBorrowing"
        within = ((queue["spec"].get("preemption") or {}).get("borrowWithinCohort") or {}).get("policy") or "Never"
        self._preempts_to_borrow = within != "Never"
        self._flavors = flavors
        self._node = node
        self._oracle = oracle

    def assign(self, workload: Obj, fewer: Mapping[str, int] | None = None) -> Assignment:
        """Return the assignment; a pod set that fits nowhere ends the search. ``fewer`` asks for less of some pod sets."""
        result = Assignment()
        number, each = {**podsets.counts(workload), **(fewer or {})}, podsets.requests(workload)
        texts = []
        for pod_set in workload["spec"]["podSets"]:
            name = pod_set["name"]
            wanted = {resource: amount * number[name] for resource, amount in each[name].items()}
            if any("pods" in (group.get("coveredResources") or ()) for group in self._groups):
                wanted["pods"] = number[name] * quantity.ONE
            reasons: list[str] = []
            mode, chosen = self._pod_set(pod_set, wanted, result, reasons)
            result.mode = min(result.mode, mode)
            if mode != FIT:
                texts.append(f"couldn't assign flavors to pod set {name}: {', '.join(sorted(reasons))}")
            if mode == NO_FIT:
                break
            for resource, flavor in chosen.items():
                place = (flavor, resource)
                result.usage[place] = result.usage.get(place, 0) + wanted[resource]
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

    def _pod_set(self, pod_set: Obj, wanted: Mapping[str, int], result: Assignment, reasons: list[str]) -> tuple[int, dict[str, str]]:
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
            best = self._group(pod_set, group, asked, result.usage, reasons)
            if best.mode == NO_FIT:
                return NO_FIT, {}
            mode = min(mode, best.mode)
            result.short.update(best.short)
            result.reach = max(result.reach, best.reach)
            chosen.update(dict.fromkeys(asked, best.flavor))
        return mode, chosen

    def _group(self, pod_set: Obj, group: Obj, asked: Mapping[str, int], taken: Mapping[_Place, int], reasons: list[str]) -> _Group:
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
            if not unfit and _wants_topology(pod_set) and not (found.get("spec") or {}).get("topologyName"):
                unfit = f'Flavor "{flavor}" does not support TopologyAwareScheduling'
            if unfit:
                reasons.append(unfit)
                continue
            one = self._flavor(flavor, asked, taken, reasons)
            if self._better(one, best):
                best = one
            if not self._looks_further(one):
                break
        return best

    def _flavor(self, flavor: str, asked: Mapping[str, int], taken: Mapping[_Place, int], reasons: list[str]) -> _Group:
        mode, reach, short = FIT, 0, []
        for resource, amount in sorted(asked.items()):
            place = (flavor, resource)
            one, height = self._resource(place, amount, taken.get(place, 0), reasons)
            mode, reach = min(mode, one), max(reach, height)
            if one != FIT:
                short.append(place)
        return _Group(mode, flavor, reach, tuple(short))

    def _better(self, one: _Group, other: _Group) -> bool:
        if NO_FIT in (one.mode, other.mode):
            return one.mode != NO_FIT
        if self._rather_preempts and one.reach != other.reach:
            return one.reach < other.reach
        return (one.mode, -one.reach) > (other.mode, -other.reach)

    def _looks_further(self, one: _Group) -> bool:
        settles = not one.reach or self._borrows_first
        return not settles or not (one.mode == FIT or (one.mode in (PREEMPT, RECLAIM) and self._preempts_first))

    def _resource(self, place: _Place, amount: int, before: int, reasons: list[str]) -> tuple[int, int]:
        flavor, resource = place
        whole, most = before + amount, self._node.most(place)
        if whole > most:
            numbers = [amounts.text(resource, value) for value in (before, amount, most)]
            reasons.append(
                f"insufficient quota for {resource} in flavor {flavor}, previously considered podsets requests ({numbers[0]}) "
                f"+ current podset request ({numbers[1]}) > maximum capacity ({numbers[2]})"
            )
            return NO_FIT, 0
        height, part_of_more = self._node.reach(place, whole)
        free = self._node.free(place)
        if whole <= free:
            return FIT, height
        reasons.append(f"insufficient unused quota for {resource} in flavor {flavor}, {amounts.text(resource, whole - free)} more needed")
        if self._oracle and (whole <= self._node.nominal(place) or part_of_more or self._preempts_to_borrow):
            return self._oracle(place, whole)
        return NO_FIT, height


def _wants_topology(pod_set: Obj) -> bool:
    request = pod_set.get("topologyRequest") or {}
    return any(request.get(field) for field in ("required", "preferred", "unconstrained"))


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
    return all(selectors.of_term(item).matches(labels) for item in expressions if item["key"] in keys)
