"""A job's PodGroup: what the scheduler has to know of the gang."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arena_core.k8s import owners, time
from arena_local.sdk.bundle import Api, Obj
from arena_volcano.localcluster import amounts, keys
from arena_volcano.localcluster.keys import meta, min_available, status_of, tasks

_UPDATED = ("minMember", "minTaskMember", "minResources", "priorityClassName")
_STANDARD = ("cpu", "memory", "ephemeral-storage")


def find(api: Api, job: Obj) -> Obj | None:
    """Return the job's PodGroup, or None."""
    return api.find(keys.POD_GROUPS, meta(job)["namespace"], keys.group_name(job))


def quota_usage(spec: dict[str, Any]) -> dict[str, str]:
    """Return what one pod counts for, under all the names that resource quotas know."""
    usage = {"pods": "1", "count/pods": "1"}
    for name, value in amounts.requests(spec).items():
        usage[name] = usage[f"requests.{name}"] = value
    usage.update({f"limits.{name}": value for name, value in amounts.limits(spec).items() if name in _STANDARD})
    return usage


def _priority(api: Api, entry: dict[str, Any]) -> int:
    name = ((entry.get("template") or {}).get("spec") or {}).get("priorityClassName")
    found = api.find("priorityclasses.scheduling.k8s.io", "", name) if name else None
    return int(found.get("value", 0)) if found else 0


def min_resources(api: Api, job: Obj) -> dict[str, str]:
    """Return what the pods need that make the gang complete: tasks of high priority first, each with its own minimum."""
    least = job["spec"].get("minAvailable", 0)
    ordered = sorted(tasks(job), key=lambda entry: -_priority(api, entry))
    own = [min_available(entry) for entry in ordered]
    if least < sum(own):
        counts = _first(ordered, least)
    else:
        rest = _first([{"replicas": entry.get("replicas", 0) - mine} for entry, mine in zip(ordered, own, strict=True)], least - sum(own))
        counts = [mine + more for mine, more in zip(own, rest, strict=True)]
    total = amounts.Sum()
    for entry, number in zip(ordered, counts, strict=True):
        if number > 0:
            total.add(quota_usage((entry.get("template") or {}).get("spec") or {}), number)
    return total.texts()


def _first(entries: Iterable[dict[str, Any]], number: int) -> list[int]:
    counts = []
    for entry in entries:
        taken = min(number, entry.get("replicas", 0))
        counts.append(taken)
        number -= taken
    return counts


def spec_of(api: Api, job: Obj) -> dict[str, Any]:
    """Return the spec of the PodGroup that a job needs."""
    spec: dict[str, Any] = {
        "minMember": job["spec"].get("minAvailable", 0),
        "minTaskMember": {entry["name"]: min_available(entry) for entry in tasks(job)},
        "queue": job["spec"].get("queue", keys.DEFAULT_QUEUE),
        "minResources": min_resources(api, job),
    }
    if not spec["minMember"]:
        del spec["minMember"]  # as Go leaves out a zero
    for field in ("priorityClassName", "networkTopology"):
        if job["spec"].get(field):
            spec[field] = job["spec"][field]
    sub_groups = [_sub_group(entry) for entry in tasks(job) if entry.get("partitionPolicy")]
    if sub_groups:
        spec["subGroupPolicy"] = sub_groups
    return spec


def _sub_group(entry: dict[str, Any]) -> dict[str, Any]:
    policy = entry["partitionPolicy"]
    sub_group = {
        "name": entry["name"],
        "subGroupSize": policy["partitionSize"],
        "minSubGroups": policy.get("minPartitions", 0),
        "labelSelector": {"matchLabels": {keys.TASK_SPEC: entry["name"]}},
        "matchLabelKeys": [keys.PARTITION_ID],
    }
    if policy.get("networkTopology"):
        sub_group["networkTopology"] = policy["networkTopology"]
    return sub_group


def ensure(api: Api, job: Obj) -> None:
    """Create the PodGroup, or bring its minimum in line with the job."""
    wanted = spec_of(api, job)
    old = find(api, job)
    if old is None:
        head: dict[str, Any] = {
            "name": keys.group_name(job),
            "namespace": meta(job)["namespace"],
            "ownerReferences": [owners.reference(job)],
        }
        for field in ("labels", "annotations"):
            if meta(job).get(field):
                head[field] = dict(meta(job)[field])
        group = {"apiVersion": keys.SCHEDULING_API, "kind": "PodGroup", "metadata": head, "spec": wanted, "status": {}}
        api.create(group, manager=keys.CONTROLLER)
        return
    changed = {field: wanted.get(field) for field in _UPDATED if old["spec"].get(field) != wanted.get(field)}
    if changed:
        spec = {**old["spec"], **changed}
        api.update({**old, "spec": {k: v for k, v in spec.items() if v is not None}}, manager=keys.CONTROLLER)


def let_in(group: Obj | None) -> bool:
    """Return whether the scheduler has let the gang in, so that pods may be made."""
    return group is not None and status_of(group).get("phase", "") not in ("", "Pending")


def record(api: Api, job: Obj, group: Obj) -> None:
    """Tell the job what its PodGroup waits for."""
    true = [entry for entry in status_of(group).get("conditions") or () if entry.get("status") == "True"]
    if not true:
        return
    latest = max(true, key=lambda entry: time.read(entry["lastTransitionTime"]))
    if latest.get("type") != "Scheduled":
        kind = str(latest.get("type", "")).lower()
        text = f"PodGroup {meta(job)['namespace']}:{meta(job)['name']} {kind}, reason: {latest.get('message', '')}"
        api.event(job, "Warning", "PodGroupPending", text, component=keys.CONTROLLER)
