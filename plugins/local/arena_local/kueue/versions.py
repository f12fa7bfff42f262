"""Kueue's two API versions: v1beta2 is stored, v1beta1 is what most published manifests are written in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from arena_local.kueue import kinds
from arena_local.sdk.bundle import Convert, Obj

_OLD = f"{kinds.GROUP}/v1beta1"
#: (from, to): what is called otherwise, in v1beta1 and in v1beta2.
_QUEUE_NAMES = (("cohort", "cohortName"),)
_LOCAL_STATUS = (("flavorUsage", "flavorsUsage"),)
_WORKLOAD_STATUS = (("accumulatedPastExexcutionTimeSeconds", "accumulatedPastExecutionTimeSeconds"),)
_SOURCES = {
    "kueue.x-k8s.io/workloadpriorityclass": (kinds.GROUP, "WorkloadPriorityClass"),
    "scheduling.k8s.io/priorityclass": ("scheduling.k8s.io", "PriorityClass"),
}
_CLUSTER_SOURCES = ("kubeConfig", "clusterProfileRef")
#: Words of v1beta1 for what v1beta2 calls MayStopSearch.
_OLD_WORDS = {"whenCanBorrow": "Borrow", "whenCanPreempt": "Preempt"}


def _renamed(part: Any, names: Sequence[tuple[str, str]], back: bool) -> Any:
    if not isinstance(part, dict):
        return part
    words = {new: old for old, new in names} if back else dict(names)
    return {words.get(key, key): value for key, value in part.items()}


def _part(obj: Obj, field: str) -> Obj:
    value = obj.get(field)
    return dict(value) if isinstance(value, dict) else {}


def _cluster_queue(obj: Obj, back: bool) -> None:
    if not isinstance(obj.get("spec"), dict):
        return
    spec = obj["spec"] = _renamed(obj["spec"], _QUEUE_NAMES, back)
    if back:
        return
    checks = spec.pop("admissionChecks", None)
    if checks:
        spec["admissionChecksStrategy"] = {"admissionChecks": [{"name": name} for name in checks]}
    fungible = spec.get("flavorFungibility")
    if isinstance(fungible, dict):
        spec["flavorFungibility"] = {k: "MayStopSearch" if v == _OLD_WORDS.get(k) else v for k, v in fungible.items()}


def _local_queue(obj: Obj, back: bool) -> None:
    if "status" in obj:
        obj["status"] = _renamed(obj["status"], _LOCAL_STATUS, back)


def _multi_cluster(obj: Obj, back: bool) -> None:
    spec = _part(obj, "spec")
    if back:
        spec.update(_part(spec, "clusterSource"))
        spec.pop("clusterSource", None)
        spec.setdefault("kubeConfig", {"location": "", "locationType": "Secret"})  # required there, whatever the source
    else:
        # v1beta1 asks for a kubeConfig even beside a cluster profile; an empty one says nothing.
        given = {key: spec.pop(key) for key in _CLUSTER_SOURCES if key in spec}
        if "clusterProfileRef" in given and not (given.get("kubeConfig") or {}).get("location"):
            given.pop("kubeConfig", None)
        spec.setdefault("clusterSource", given)
    obj["spec"] = spec


def _workload(obj: Obj, back: bool) -> None:
    spec = _part(obj, "spec")
    if back:
        ref = _part(spec, "priorityClassRef")
        spec.pop("priorityClassRef", None)
        source = next((name for name, kind in _SOURCES.items() if kind == (ref.get("group"), ref.get("kind"))), "")
        if source:
            spec |= {"priorityClassName": ref.get("name", ""), "priorityClassSource": source}
    else:
        name, kind = spec.pop("priorityClassName", ""), _SOURCES.get(str(spec.pop("priorityClassSource", "")))
        if kind:
            spec["priorityClassRef"] = {"group": kind[0], "kind": kind[1], "name": name}
    obj["spec"] = spec
    if isinstance(obj.get("status"), dict):
        status = obj["status"] = _renamed(obj["status"], _WORKLOAD_STATUS, back)
        admission = _part(status, "admission")
        if admission:
            given = admission.get("podSetAssignments") or ()
            status["admission"] = {**admission, "podSetAssignments": [_assignment(item, back) for item in given]}


def _assignment(item: Obj, back: bool) -> Obj:
    placed = item.get("topologyAssignment")
    if not isinstance(placed, dict):
        return item
    levels = placed.get("levels") or []
    new = {"levels": levels, "domains": _domains(placed)} if back else {"levels": levels, "slices": _slices(placed)}
    return {**item, "topologyAssignment": new}


def _slices(placed: Obj) -> list[Obj]:
    """Return v1beta2's form of a list of domains: per level the values' common parts are written once."""
    domains = placed.get("domains") or []
    if not domains:
        return []
    counts = [item["count"] for item in domains]
    values = [_level([item["values"][index] for item in domains]) for index in range(len(domains[0]["values"]))]
    pods: Obj = {"universal": counts[0]} if len(set(counts)) == 1 else {"individual": counts}
    return [{"domainCount": len(domains), "podCounts": pods, "valuesPerLevel": values}]


def _level(values: Sequence[str]) -> Obj:
    if len(set(values)) == 1:
        return {"universal": values[0]}
    prefix = _common(values)
    rest = [value[len(prefix) :] for value in values]
    suffix = _common([value[::-1] for value in rest])[::-1]
    roots = [value[: len(value) - len(suffix)] for value in rest]
    return {"individual": {"roots": roots, **({"prefix": prefix} if prefix else {}), **({"suffix": suffix} if suffix else {})}}


def _common(values: Sequence[str]) -> str:
    """Return what all texts begin with."""
    first, last = min(values), max(values)
    return first[: next((index for index, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))]


def _domains(placed: Obj) -> list[Obj]:
    found: list[Obj] = []
    for part in placed.get("slices") or ():
        pods = part["podCounts"]
        columns = [_values(level, part["domainCount"]) for level in part["valuesPerLevel"]]
        for index in range(part["domainCount"]):
            count = pods["universal"] if pods.get("universal") is not None else pods["individual"][index]
            found.append({"values": [column[index] for column in columns], "count": count})
    return found


def _values(level: Obj, number: int) -> list[str]:
    if level.get("universal") is not None:
        return [str(level["universal"])] * number
    own = level["individual"]
    return [f"{own.get('prefix', '')}{root}{own.get('suffix', '')}" for root in own["roots"]]


def _same(obj: Obj, back: bool) -> None:
    """The two versions differ in what they allow, not in how they say it; what one lacks is pruned."""


_KINDS: Mapping[str, Callable[[Obj, bool], None]] = {
    "clusterqueues": _cluster_queue,
    "localqueues": _local_queue,
    "workloads": _workload,
    "multikueueclusters": _multi_cluster,
    **dict.fromkeys(
        (
            "admissionchecks",
            "cohorts",
            "multikueueconfigs",
            "provisioningrequestconfigs",
            "resourceflavors",
            "topologies",
            "workloadpriorityclasses",
        ),
        _same,
    ),
}


def _converter(change: Callable[[Obj, bool], None]) -> Convert:
    def convert(obj: Obj, api_version: str) -> Obj:
        """Return the object in the other version; what it shares with the given one is not changed."""
        new: Obj = dict(obj)
        change(new, api_version == _OLD)
        new["apiVersion"] = api_version
        return new

    return convert


#: By resource: the conversion webhooks of Kueue.
CONVERSIONS: Mapping[str, Convert] = {f"{plural}.{kinds.GROUP}": _converter(change) for plural, change in _KINDS.items()}
