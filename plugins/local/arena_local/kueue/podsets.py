"""The Workload of a job: its name, its pod sets, and what admission writes into the job's pod templates."""

from __future__ import annotations

import contextlib
import copy
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from arena_core.k8s import names, podsize, quantity
from arena_local.kueue import amounts, kinds
from arena_local.sdk.bundle import Api, Obj, QuotaJob, QuotaPodSet

_MAX_NAME = 253
_HASH = 5
_INJECTED = (kinds.POD_SET_LABEL, kinds.CLUSTER_QUEUE_LABEL, kinds.LOCAL_QUEUE_LABEL)
_JOB_LABELS = ("controller-uid", "job-name", "batch.kubernetes.io/controller-uid")


def workload_name(integration: QuotaJob, job: Obj) -> str:
    """Return the name of a job's Workload: kind, name, and five digits of a hash over both and the uid."""
    meta = job["metadata"]
    group = integration.api_version.rpartition("/")[0]
    digest = hashlib.sha1("\n".join((integration.kind, group, meta["name"], meta["uid"])).encode(), usedforsecurity=False)
    prefix = f"{integration.kind.lower()}-{meta['name']}"
    return f"{prefix[: _MAX_NAME - _HASH - 1]}-{digest.hexdigest()[:_HASH]}"


def _template(integration: QuotaJob, pod_set: QuotaPodSet) -> Obj:
    template: Obj = copy.deepcopy(dict(pod_set.template))
    meta = dict(template.get("metadata") or {})
    dropped = (*_INJECTED, *(_JOB_LABELS if integration.integration == "batch/job" else ()))
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key not in dropped}
    notes = {key: value for key, value in (meta.get("annotations") or {}).items() if key != kinds.WORKLOAD_ANNOTATION}
    for field, values in (("labels", labels), ("annotations", notes)):
        meta.pop(field, None)
        if values:
            meta[field] = values
    meta.pop("creationTimestamp", None)
    amounts.tidy(template.get("spec") or {})
    return {**template, "metadata": meta, "spec": template.get("spec") or {}}


_TOPOLOGY = (
    ("required", "required-topology"),
    ("preferred", "preferred-topology"),
    ("podSetSliceRequiredTopology", "slice-required-topology"),
)


def _topology(pod_set: QuotaPodSet) -> Obj:
    """Return ``topologyRequest``: what the template's annotations ask for, and the label that numbers the pods."""
    notes = (pod_set.template.get("metadata") or {}).get("annotations") or {}
    found: Obj = {field: notes[key] for field, word in _TOPOLOGY if (key := f"{kinds.GROUP}/podset-{word}") in notes}
    if notes.get(f"{kinds.GROUP}/podset-unconstrained-topology") == "true":
        found["unconstrained"] = True
    size = str(notes.get(f"{kinds.GROUP}/podset-slice-size", ""))
    if size.isdecimal() and int(size):
        found["podSetSliceSize"] = int(size)
    if pod_set.index_label:
        found["podIndexLabel"] = pod_set.index_label
    if pod_set.group_label:
        found |= {"subGroupIndexLabel": pod_set.group_label, "subGroupCount": pod_set.groups}
    return found


def sets_of(api: Api, integration: QuotaJob, job: Obj) -> Sequence[QuotaPodSet]:
    """Return the pod sets of a job with their templates, wherever those stand."""
    return integration.resolve(api, job) if integration.resolve else integration.pod_sets(job)


def pod_sets(api: Api, integration: QuotaJob, job: Obj) -> list[Obj]:
    """Return ``spec.podSets`` of the Workload."""
    found = []
    for pod_set in sets_of(api, integration, job):
        item: Obj = {"name": pod_set.name, "count": pod_set.count, "template": _template(integration, pod_set)}
        if request := _topology(pod_set):
            item["topologyRequest"] = request
        if integration.integration == "batch/job" and (least := kinds.min_parallelism(job)) is not None:
            item["minCount"] = least
        found.append(item)
    return found


def running(workload: Obj) -> list[Obj]:
    """Return the pod sets as they run: of one that may run with fewer pods, as many as were admitted."""
    admission = (workload.get("status") or {}).get("admission") or {}
    given = {item["name"]: item.get("count") for item in admission.get("podSetAssignments") or ()}
    return [
        {**item, "count": given[item["name"]]} if "minCount" in item and given.get(item["name"]) is not None else item
        for item in workload["spec"]["podSets"]
    ]


def same(left: Sequence[Obj], right: Sequence[Obj], *, admitted: bool = False) -> bool:
    """Return whether two lists of pod sets ask for the same: counts, containers, and before admission tolerations.

    What else admission injects is not looked at, nor what an API server fills in.
    """

    def key(item: Obj) -> Any:
        spec = item["template"].get("spec") or {}
        fields = ("containers", "initContainers") if admitted else ("containers", "initContainers", "tolerations")
        return (item["name"], item["count"], item.get("minCount"), [_plain(spec.get(field)) for field in fields])

    return [key(item) for item in left] == [key(item) for item in right]


def _plain(value: Any, quantities: bool = False) -> Any:
    """Return a value without what says nothing: empty fields, the default protocol, other ways to write an amount."""
    if isinstance(value, Mapping):
        found = {key: _plain(item, quantities or key in ("limits", "requests")) for key, item in value.items()}
        return {k: v for k, v in found.items() if v not in (None, "", [], {}) and (k, v) != ("protocol", "TCP")} or None
    if isinstance(value, list):
        return [_plain(item) for item in value] or None
    if quantities and value is not None:
        with contextlib.suppress(ValueError):
            return quantity.parse(value)
    return value


def requests(workload: Obj) -> dict[str, podsize.Amounts]:
    """Return per pod set what one pod asks for."""
    return {item["name"]: podsize.requests(item["template"].get("spec") or {}) for item in workload["spec"]["podSets"]}


def counts(workload: Obj) -> dict[str, int]:
    """Return per pod set how many pods still need quota: reclaimable ones do not."""
    freed = {item["name"]: int(item["count"]) for item in (workload.get("status") or {}).get("reclaimablePods") or ()}
    return {item["name"]: max(0, int(item["count"]) - freed.get(item["name"], 0)) for item in workload["spec"]["podSets"]}


def total_requests(workload: Obj) -> list[Obj]:
    """Return ``status.resourceRequests``: what each pod set asks for in all."""
    number, each = counts(workload), requests(workload)
    found = [(name, amounts.texts({r: a * number[name] for r, a in each[name].items()})) for name in number]
    return [{"name": name, **({"resources": resources} if resources else {})} for name, resources in found]


def usage(workload: Obj) -> dict[tuple[str, str], int]:
    """Return how much of (flavor, resource) an admitted Workload holds."""
    admission = (workload.get("status") or {}).get("admission") or {}
    number = counts(workload)
    held: dict[tuple[str, str], int] = {}
    for item in admission.get("podSetAssignments") or ():
        full = int(item.get("count", 0))
        left = min(number.get(item["name"], full), full)
        for resource, amount in podsize.read(item.get("resourceUsage")).items():
            flavor = (item.get("flavors") or {}).get(resource)
            if flavor:
                held[(flavor, resource)] = held.get((flavor, resource), 0) + (amount * left // full if full else 0)
    return held


def _at(job: Obj, path: Sequence[str | int]) -> Any:
    node: Any = job
    for step in path:
        node = node[step]
    return node


def _template_at(job: Obj, pod_set: QuotaPodSet) -> Any:
    """Return the template of a set in the job; one that its operator would make itself is written there, as Kueue does it."""
    holder, last = _at(job, pod_set.path[:-1]), pod_set.path[-1]
    if isinstance(last, str):
        return holder.setdefault(last, copy.deepcopy(dict(pod_set.template)))
    return holder[last]


def place(template: Obj, workload: Obj, name: str, flavors: Mapping[str, Obj]) -> Obj:
    """Write into a pod or a template of pod set ``name`` where it was admitted and what its flavors ask for; returns just that."""
    admission = workload["status"]["admission"]
    chosen: Obj = next((item for item in admission.get("podSetAssignments") or () if item["name"] == name), {})
    labels = {kinds.LOCAL_QUEUE_LABEL: workload["spec"].get("queueName", ""), kinds.POD_SET_LABEL: name}
    if not names.label(admission["clusterQueue"]):  # another name cannot be the value of a label
        labels[kinds.CLUSTER_QUEUE_LABEL] = admission["clusterQueue"]
    selector: dict[str, str] = {}
    tolerations: list[Obj] = []
    for flavor in dict.fromkeys((chosen.get("flavors") or {}).values()):
        spec = (flavors.get(flavor) or {}).get("spec") or {}
        selector.update(spec.get("nodeLabels") or {})
        tolerations += [item for item in spec.get("tolerations") or () if item not in tolerations]
    info: Obj = {"annotations": {kinds.WORKLOAD_ANNOTATION: workload["metadata"]["name"]}, "labels": labels}
    _merge(template, info, selector, tolerations)
    return info | {k: v for k, v in (("nodeSelector", selector), ("tolerations", tolerations)) if v}


def inject(api: Api, integration: QuotaJob, job: Obj, workload: Obj, flavors: Mapping[str, Obj]) -> None:
    """Write into the job's templates what the flavors of its admission ask for, and where it was admitted."""
    infos: list[Obj] = []
    for pod_set in sets_of(api, integration, job):
        if integration.inject is None:
            infos.append(place(_template_at(job, pod_set), workload, pod_set.name, flavors))
        else:
            infos.append(place({}, workload, pod_set.name, flavors))
    if integration.inject is not None:
        integration.inject(job, infos)
    if integration.integration == "batch/job" and kinds.min_parallelism(job) is not None:
        _size(job, int(workload["status"]["admission"]["podSetAssignments"][0]["count"]))


def _size(job: Obj, pods: int) -> None:
    """Let a Job run with this many pods at a time; as many completions where it is told that they go together."""
    job["spec"]["parallelism"] = pods
    if (job["metadata"].get("annotations") or {}).get(kinds.COMPLETIONS_ANNOTATION) == "true":
        job["spec"]["completions"] = pods


def _merge(template: Obj, info: Obj, selector: Mapping[str, str], tolerations: Sequence[Obj]) -> None:
    meta = template["metadata"] = dict(template.get("metadata") or {})
    for field in ("labels", "annotations"):
        meta[field] = {**(meta.get(field) or {}), **info[field]}
    spec = template.setdefault("spec", {})
    if selector:
        spec["nodeSelector"] = {**(spec.get("nodeSelector") or {}), **selector}
    more = [item for item in tolerations if item not in (spec.get("tolerations") or ())]
    if more:
        spec["tolerations"] = [*(spec.get("tolerations") or ()), *copy.deepcopy(list(more))]


def restore(integration: QuotaJob, job: Obj, workload: Obj | None) -> None:
    """Take out of the job's templates what ``inject`` wrote; the Workload's pod sets know how they were."""
    if integration.restore is not None:
        integration.restore(job)
        return
    saved = {item["name"]: item["template"] for item in workload["spec"]["podSets"]} if workload else {}
    if workload and integration.integration == "batch/job" and kinds.min_parallelism(job) is not None:
        _size(job, int(workload["spec"]["podSets"][0]["count"]))
    for pod_set in integration.pod_sets(job):
        template = _template_at(job, pod_set)
        meta = template.get("metadata") or {}
        for field, keys in (("labels", _INJECTED), ("annotations", (kinds.WORKLOAD_ANNOTATION,))):
            values = {key: value for key, value in (meta.get(field) or {}).items() if key not in keys}
            if values:
                meta[field] = values
            else:
                meta.pop(field, None)
        before = (saved.get(pod_set.name) or {}).get("spec") or {}
        if pod_set.name in saved:
            for field in ("nodeSelector", "tolerations"):
                if field in before:
                    template["spec"][field] = copy.deepcopy(before[field])
                else:
                    template.get("spec", {}).pop(field, None)
