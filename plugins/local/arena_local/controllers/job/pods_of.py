"""The pods of a Job: which are its own, which to make, which to remove."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena_core.k8s import owners
from arena_local.controllers.job import backoff
from arena_local.controllers.job.indexes import FAILURES_KEY, INDEX_KEY, index_of
from arena_local.sdk import pods as podlib
from arena_local.sdk.bundle import Api, Obj
from arena_local.sdk.owners import claim, controlled

FINALIZER = "batch.kubernetes.io/job-tracking"
MANAGER = "job-controller"


def claimed(api: Api, job: Obj) -> Sequence[Obj]:
    """Return the pods that the Job controls; with a selector of the user's own, orphans are adopted."""
    if job["spec"].get("manualSelector"):
        return claim(api, "pods", job, job["spec"].get("selector"), manager=MANAGER)
    return controlled(api, "pods", job)


def without_finalizer(api: Api, pod: Obj) -> None:
    """Take the tracking finalizer from a pod; nothing happens if it is gone or never had it."""
    meta = pod["metadata"]
    found = api.find("pods", meta["namespace"], meta["name"])
    if found is None or found["metadata"]["uid"] != meta["uid"]:
        return
    finalizers = found["metadata"].get("finalizers") or []
    if FINALIZER in finalizers:
        patch = {"metadata": {"finalizers": [item for item in finalizers if item != FINALIZER] or None}}
        api.patch("pods", meta["namespace"], meta["name"], patch, manager=MANAGER)


def restarts_exceed(job: Obj, pods: Sequence[Obj], limit: int) -> bool:
    """Whether restarts in place (restartPolicy OnFailure) have used up backoffLimit."""
    if job["spec"]["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    total = 0
    for pod in pods:
        status = pod.get("status") or {}
        if status.get("phase") in ("Running", "Pending"):
            entries = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
            total += sum(int(entry.get("restartCount", 0)) for entry in entries)
    return total > 0 if limit == 0 else total >= limit


def index_failures(pod: Obj) -> int:
    """Return how often the index of this pod had failed before it."""
    return int((pod["metadata"].get("annotations") or {}).get(FAILURES_KEY, 0) or 0)


def failed_indexes(job: Obj, pods: Sequence[Obj], failed: Callable[[Obj], bool]) -> set[int]:
    """Return the indexes that have failed for good under backoffLimitPerIndex."""
    from arena_local.controllers.job.policy import match_failure

    limit = job["spec"]["backoffLimitPerIndex"]
    found = set()
    for pod in pods:
        index = index_of(pod)
        # a pod that has been counted says no more: those that a failed job has ended are no failures of their indexes
        counted = FINALIZER not in (pod["metadata"].get("finalizers") or ())
        if index is not None and not counted and failed(pod):
            match = match_failure(job, pod)
            if match.action == "FailIndex" or (match.counted and index_failures(pod) >= limit):
                found.add(index)
    return found


def pending_indexes(
    api: Api,
    job: Obj,
    pods: Sequence[Obj],
    done: set[int],
    count: int,
    failed: Callable[[Obj], bool],
    only_failed: bool,
) -> tuple[list[tuple[int | None, int]], float | None]:
    """Return (index, failures before) of the pods to make now, and the seconds until a delayed index may be made."""
    taken = set(done)
    last: dict[int, Obj] = {}
    for pod in pods:
        index = index_of(pod)
        if index is None:
            continue
        if podlib.active(pod) or (only_failed and podlib.terminating(pod) and not podlib.finished(pod)):
            taken.add(index)
        elif failed(pod) and (index not in last or index_failures(pod) >= index_failures(last[index])):
            last[index] = pod
    places: list[tuple[int | None, int]] = []
    wait: float | None = None
    per_index = job["spec"].get("backoffLimitPerIndex") is not None
    for index in range(job["spec"].get("completions") or 0):
        if index in taken:
            continue
        failures = 0
        if per_index and index in last:
            failures = index_failures(last[index]) + 1
            left = backoff.remaining_for_index(api, last[index], failures)
            if left > 0:
                wait = left if wait is None else min(wait, left)
                continue
        places.append((index, failures))
        if len(places) == count:
            break
    return places, wait


def for_removal(job: Obj, active: Sequence[Obj], surplus: int, done: set[int]) -> list[Obj]:
    """Return the active pods to delete: doubled or finished indexes, then the youngest that are least ready."""
    doomed: list[Obj] = []
    rest = list(active)
    if job["spec"].get("completionMode") == "Indexed":
        seen: set[int] = set()
        rest = []
        for pod in active:
            index = index_of(pod)
            if index is None or index in done or index in seen or index >= (job["spec"].get("completions") or 0):
                doomed.append(pod)
            else:
                seen.add(index)
                rest.append(pod)
    more = surplus - len(doomed)
    if more > 0:
        rest.sort(key=lambda pod: pod["metadata"].get("creationTimestamp", ""), reverse=True)
        rest.sort(key=lambda pod: (bool(pod["spec"].get("nodeName")), podlib.phase(pod) == "Running", podlib.ready(pod)))
        doomed.extend(rest[:more])
    return doomed


def new_pod(job: Obj, index: int | None, failures: int | None) -> Obj:
    """Return the pod to create, with the index where the Job is Indexed."""
    meta = job["metadata"]
    prefix = f"{meta['name']}-" if index is None else f"{meta['name']}-{index}-"
    pod = podlib.pod_from_template(job["spec"]["template"], meta["namespace"], generate=prefix)
    pod["metadata"]["ownerReferences"] = [owners.reference(job)]
    pod["metadata"]["finalizers"] = [*pod["metadata"].get("finalizers", ()), FINALIZER]
    if index is None:
        return pod
    pod["metadata"].setdefault("annotations", {})[INDEX_KEY] = str(index)
    if failures is not None:
        pod["metadata"]["annotations"][FAILURES_KEY] = str(failures)
    pod["metadata"].setdefault("labels", {})[INDEX_KEY] = str(index)
    pod["spec"].setdefault("hostname", f"{meta['name']}-{index}"[:63].rstrip("-"))
    source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX_KEY}']"}}
    for container in [*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"]]:
        env = container.setdefault("env", [])
        if not any(item["name"] == "JOB_COMPLETION_INDEX" for item in env):
            env.append({"name": "JOB_COMPLETION_INDEX", "valueFrom": source})
    return pod
