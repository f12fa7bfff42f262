"""Bringing a job's objects in line with its spec, and counting its pods into the status."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from arena_local.sdk.bundle import ApiError, Obj
from arena_volcano.localcluster import plugins
from arena_volcano.localcluster.jobs import group, pods, volumes
from arena_volcano.localcluster.jobs.work import Step, Work
from arena_volcano.localcluster.keys import CONTROLLER, meta, pod_name, task, tasks

_COUNTED = ("pending", "running", "succeeded", "failed", "unknown", "terminating", "taskStatusCount")


class NotYet(Exception):
    """Something could not be made; the job is tried again with back-off."""


def sync_job(work: Work, step: Step) -> None:
    """Make what is missing, delete what is too many, count, and let ``step`` decide about the phase."""
    controlled = _initiate(work)
    found = group.find(work.api, work.job)
    if found is not None:
        group.record(work.api, work.job, found)
    if not group.let_in(found):
        status = _copy(work)
        if step(status):
            work.write(status)
        return
    status = {key: value for key, value in _copy(work).items() if key not in (*_COUNTED, "runningDuration")}
    if controlled:
        status["controlledResources"] = controlled
    _make_pods(work, status)
    status["minAvailable"] = work.job["spec"].get("minAvailable", 0)
    moved = step(status)
    if moved or _differs(work.status, status):
        work.write(status)


def _copy(work: Work) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(work.status))
    return found


def _differs(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return {k: v for k, v in new.items() if v not in (0, {}, None)} != old


def _initiate(work: Work) -> dict[str, str]:
    """Write the first status; make plugin objects, claims and PodGroup. Returns what the job controls."""
    if not work.phase:
        status = {"state": {"phase": "Pending"}, "minAvailable": work.job["spec"].get("minAvailable", 0)}
        work.write(status)
    try:
        plugins.start(work.api, work.job)
    except ApiError as error:
        work.event("Warning", "PluginError", f"Execute plugin when job add failed, err: {error.message}")
        raise NotYet(error.message) from error
    controlled = plugins.controlled(work.job)
    try:
        work.job, claims = volumes.ensure(work.api, work.job)
    except (volumes.ClaimMissing, ApiError) as error:
        work.event("Warning", "PVCError", f"Failed to create PVC, err: {error}")
        raise NotYet(str(error)) from error
    try:
        group.ensure(work.api, work.job)
    except ApiError as error:
        work.event("Warning", "PodGroupError", f"Failed to create PodGroup, err: {error.message}")
        raise NotYet(error.message) from error
    return {**controlled, **claims}


def _make_pods(work: Work, status: dict[str, Any]) -> None:
    missing: list[tuple[dict[str, Any], int]] = []
    surplus: list[Obj] = []
    for entry in tasks(work.job):
        there = pods.of_task(work.pods, entry["name"])
        for index in range(entry.get("replicas", 0)):
            pod = there.pop(pod_name(meta(work.job)["name"], entry["name"], index), None)
            if pod is None:
                missing.append((entry, index))
            elif meta(pod).get("deletionTimestamp"):
                status["terminating"] = status.get("terminating", 0) + 1
            else:
                pods.count(status, pod)
        surplus.extend(there.values())
    waiting = {entry["name"] for entry, _ in missing if not _may_start(work, entry)}
    errors = []
    for entry, index in missing:
        if entry["name"] not in waiting:
            errors.extend(_create(work, status, entry, index))
    if errors:
        text = " ".join(errors)
        work.event("Warning", "FailedCreate", f"Error creating pods: [{text}]")
        raise NotYet(f"failed to create {len(errors)} pods of {len(missing)}")
    for pod in surplus:
        if work.delete_pod(pod) or meta(pod).get("deletionTimestamp"):
            status["terminating"] = status.get("terminating", 0) + 1


def _create(work: Work, status: dict[str, Any], entry: dict[str, Any], index: int) -> list[str]:
    pod = pods.build(work.job, entry, index)
    try:
        pods.count(status, work.api.create(pod, manager=CONTROLLER))
    except ApiError as error:
        if error.reason != "AlreadyExists":
            return [f"failed to create pod {meta(pod)['name']}, err: {error.message}"]
        pods.count(status, pod)
    return []


def _may_start(work: Work, entry: dict[str, Any]) -> bool:
    """Return whether the tasks that this one depends on run or have succeeded (``iteration: any``: one of them)."""
    depends = entry.get("dependsOn") or {}
    names: Sequence[str] = depends.get("name") or ()
    if not names:
        return True
    met = [_task_runs(work, name) for name in names]
    return any(met) if depends.get("iteration") == "any" else all(met)


def _task_runs(work: Work, name: str) -> bool:
    entry = task(work.job, name)
    if entry is None:
        return False
    there = pods.of_task(work.pods, name).values()
    up = sum(1 for pod in there if (pod.get("status") or {}).get("phase") in ("Running", "Succeeded"))
    least = entry.get("minAvailable")
    return up >= int(entry.get("replicas", 0) if least is None else least)
