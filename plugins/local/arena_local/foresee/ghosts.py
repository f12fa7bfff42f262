"""Pods of jobs whose operators are not here: made of what their Workload or their PodGroup asks for."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from arena_core.k8s import quantity, time
from arena_local.foresee.copy import Copy
from arena_local.kueue import kinds, podsets
from arena_local.sdk.bundle import Obj

_CLASSES = "priorityclasses.scheduling.k8s.io"
_SKIPPED = ("pods", "count/", "requests.", "limits.")


def pods_of_workload(api: Copy, workload: Obj) -> Iterator[Obj]:
    """Yield the pods of an admitted Workload, as its job's operator would make them."""
    flavors = {item["metadata"]["name"]: item for item in api.list(kinds.FLAVORS)}
    meta = workload["metadata"]
    for item in podsets.running(workload):
        template: Obj = copy.deepcopy(dict(item["template"]))
        podsets.place(template, workload, item["name"], flavors)
        for number in range(int(item["count"])):
            yield _pod(api, meta["namespace"], f"{meta['name']}-{item['name']}-{number}", template)


def pods_of_gang(api: Copy, gang: Obj) -> Iterator[Obj]:
    """Yield pods of equal size that together ask for what a gang that was let in wants at least."""
    spec, meta = gang["spec"], gang["metadata"]
    count = max(1, int(spec.get("minMember") or 1))
    whole: Mapping[str, Any] = spec.get("minResources") or {}
    each = {name: quantity.text(quantity.parse(value) // count) for name, value in whole.items() if not name.startswith(_SKIPPED)}
    container = {"name": "c", "image": "unknown", "resources": {"requests": each}}
    body = {"containers": [container], "schedulerName": "volcano", "priorityClassName": spec.get("priorityClassName", "")}
    roles = [role for role, number in (spec.get("minTaskMember") or {}).items() for _ in range(int(number))]
    for number in range(count):
        notes = {"scheduling.k8s.io/group-name": meta["name"], "volcano.sh/task-spec": roles[number] if number < len(roles) else ""}
        yield _pod(api, meta["namespace"], f"{meta['name']}-{number}", {"metadata": {"annotations": notes}, "spec": body})


def _pod(api: Copy, namespace: str, name: str, template: Mapping[str, Any]) -> Obj:
    spec = {**template["spec"]}
    named = spec.get("priorityClassName")
    found = api.find(_CLASSES, "", named) if named else None
    spec.setdefault("schedulerName", "default-scheduler")
    spec["priority"] = int((found or {}).get("value", 0))
    given = template.get("metadata") or {}
    meta = {
        "name": name,
        "namespace": namespace,
        "uid": str(uuid.uuid4()),
        "creationTimestamp": time.text(api.now()),
        "labels": given.get("labels") or {},
        "annotations": given.get("annotations") or {},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": {"phase": "Pending"}}
