"""The state machine of a job: what each action does in each phase."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arena_local.sdk.bundle import Obj
from arena_volcano.localcluster import keys
from arena_volcano.localcluster.jobs.kill import RETAIN_ENDED, RETAIN_NONE, kill_job, kill_target
from arena_volcano.localcluster.jobs.pods import total_replicas
from arena_volcano.localcluster.jobs.requests import Request
from arena_volcano.localcluster.jobs.sync import sync_job
from arena_volcano.localcluster.jobs.work import Step, Work
from arena_volcano.localcluster.keys import DEFAULT_MAX_RETRY, meta, min_available, tasks

_ENDS = {"AbortJob": "Aborting", "TerminateJob": "Terminating", "CompleteJob": "Completing"}
_ENDED = {"Aborting": "Aborted", "Terminating": "Terminated", "Completing": "Completed"}
_TARGETS = ("RestartTask", "RestartPod", "RestartPartition")


def execute(work: Work, action: str, request: Request) -> None:
    """Do an action to a job in its present phase."""
    phase = work.phase
    if phase in ("", "Pending", "Running"):
        _execute_alive(work, action, request)
    elif phase == "Restarting":
        _execute_restarting(work, action, request)
    elif phase in ("Aborting", "Aborted") and action == "ResumeJob":
        kill_job(work, RETAIN_ENDED, _restart)
    elif phase in _ENDED:
        kill_job(work, RETAIN_ENDED, _to_end(work, _ENDED[phase]))
    else:
        kill_job(work, RETAIN_ENDED, None)


def _execute_alive(work: Work, action: str, request: Request) -> None:
    if action == "RestartJob":
        kill_job(work, RETAIN_NONE, _restart)
    elif action in _TARGETS:
        kill_target(work, _target(work.job, action, request), _restart)
    elif action in _ENDS:
        kill_job(work, RETAIN_ENDED, _enter(_ENDS[action]))
    else:
        sync_job(work, _after_running(work.job) if work.phase == "Running" else _after_pending(work.job))


def _execute_restarting(work: Work, action: str, request: Request) -> None:
    step = _after_restart(work.job)
    living = any(not meta(pod).get("deletionTimestamp") for pod in work.pods)
    if action in _TARGETS:
        kill_target(work, _target(work.job, action, request), step)
    elif action == "SyncJob" or not living:
        sync_job(work, step)
    else:
        kill_job(work, RETAIN_NONE, step)


def _target(job: Obj, action: str, request: Request) -> Callable[[Obj], bool]:
    """Return which pods an action on a part of the job means."""

    def notes(pod: Obj) -> dict[str, str]:
        return meta(pod).get("annotations") or {}

    if action == "RestartPod":
        return lambda pod: meta(pod)["name"] == request.pod
    if action == "RestartPartition":
        size = ((keys.task(job, request.task) or {}).get("partitionPolicy") or {}).get("partitionSize", 0)
        index = request.pod.rpartition("-")[2]
        if size and index.isdigit():
            part = str(int(index) // size)
            labels = keys.PARTITION_ID
            return lambda pod: notes(pod).get(keys.TASK_SPEC) == request.task and (meta(pod).get("labels") or {}).get(labels) == part
    return lambda pod: notes(pod).get(keys.TASK_SPEC) == request.task


def _enter(phase: str) -> Step:
    def step(status: dict[str, Any]) -> bool:
        status["state"] = {"phase": phase}
        return True

    return step


def _restart(status: dict[str, Any]) -> bool:
    status["retryCount"] = status.get("retryCount", 0) + 1
    return _enter("Restarting")(status)


def _to_end(work: Work, phase: str) -> Step:
    """Leave a passing phase when no pod lives any more."""

    def step(status: dict[str, Any]) -> bool:
        return not status.get("terminating") and _enter(phase)(status)

    return step


def _after_pending(job: Obj) -> Step:
    def step(status: dict[str, Any]) -> bool:
        started = status.get("running", 0) + status.get("succeeded", 0) + status.get("failed", 0)
        return bool(job["spec"].get("minAvailable", 0) <= started and _enter("Running")(status))

    return step


def _after_restart(job: Obj) -> Step:
    def step(status: dict[str, Any]) -> bool:
        if status.get("retryCount", 0) >= job["spec"].get("maxRetry", DEFAULT_MAX_RETRY):
            return _enter("Failed")(status)
        left = total_replicas(job) - status.get("terminating", 0)
        return left >= status.get("minAvailable", 0) and _enter("Pending")(status)

    return step


def _after_running(job: Obj) -> Step:
    def step(status: dict[str, Any]) -> bool:
        total = total_replicas(job)
        if total == 0:
            return False
        succeeded, failed = status.get("succeeded", 0), status.get("failed", 0)
        wanted = job["spec"].get("minSuccess")
        if wanted is not None and succeeded >= wanted:
            return _enter("Completed")(status)
        if succeeded + failed == total:
            return _enter("Completed" if _succeeded(job, status) else "Failed")(status)
        if status.get("pending", 0) > total - job["spec"].get("minAvailable", 0):
            return _enter("Pending")(status)
        return False

    return step


def _succeeded(job: Obj, status: dict[str, Any]) -> bool:
    """Return whether a job whose pods have all ended has done its work."""
    least, wanted = job["spec"].get("minAvailable", 0), job["spec"].get("minSuccess")
    succeeded = status.get("succeeded", 0)
    if least >= sum(min_available(entry) for entry in tasks(job)):
        for entry in tasks(job):
            phases = (status.get("taskStatusCount") or {}).get(entry["name"], {}).get("phase")
            if entry.get("minAvailable") is not None and phases and phases.get("Succeeded", 0) < entry["minAvailable"]:
                return False
    if wanted is not None and succeeded < wanted:
        return False
    return bool(succeeded >= least)
