"""The run policy: limits, clean-up at the end and on suspension, time to live."""

from __future__ import annotations

from arena_core.k8s import time
from arena_local.sdk.bundle import ApiError
from arena_local.sdk.pods import terminating
from arena_local.training import gang, made
from arena_local.training.kind import Run
from arena_local.training.status import finished, is_true


def past_backoff_limit(run: Run) -> bool:
    """Whether containers were restarted in place too often, or any pod has failed where nothing may be tried again.

    Pods that are made anew are counted by a queue that the operator does not use, so that only a limit of 0 is reached by them.
    """
    limit = run.policy.get("backoffLimit")
    if limit is None:
        return False
    if limit < 1 and _new_failure(run):
        return True
    restarts = 0
    for replica in run.replicas.values():
        if replica.restart not in ("OnFailure", "Always", "ExitCode"):
            continue
        for pod in run.pods_of(replica.type):
            status = pod.get("status", {})
            if status.get("phase") == "Running":
                found = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
                restarts += sum(int(c.get("restartCount", 0)) for c in found)
    return restarts > 0 if limit == 0 else restarts >= limit


def _new_failure(run: Run) -> bool:
    """Whether more pods have failed than the status says, while fewer than wanted are active."""
    phases = [str(pod.get("status", {}).get("phase", "")) for pod in run.pods]
    known = sum(int((c or {}).get("failed", 0)) for c in (run.status.get("replicaStatuses") or {}).values())
    active = [p for p, pod in zip(phases, run.pods, strict=True) if p not in ("Succeeded", "Failed") and not terminating(pod)]
    return phases.count("Failed") > known and len(active) != run.total()


def _since(run: Run, key: str) -> float | None:
    text = run.status.get(key)
    return (run.api.now() - time.read(text)).total_seconds() if text else None


def deadline_in(run: Run) -> float | None:
    """Return the seconds until the active deadline (negative once it is over), or None without one.

    The operator has no timer for it and notices late, at the next change of a pod; here it is noticed in time.
    """
    limit = run.policy.get("activeDeadlineSeconds")
    active = _since(run, "startTime")
    return None if limit is None or active is None else float(limit) - active


def clean_up(run: Run) -> None:
    """Delete pods and their Services by the clean-pod policy; all of them where the job is not finished."""
    done = finished(run.status)
    if not (done and run.clean_policy == "None"):
        for pod in run.pods:
            running = pod.get("status", {}).get("phase") in ("Running", "Pending")
            if done and run.clean_policy == "Running" and not running:
                continue
            name = pod["metadata"]["name"]
            made.delete(run, "Pod", name)
            # A Service is named as its pod.
            made.delete(run, "Service", name)
    gang.delete(run)


def time_to_live(run: Run) -> float | None:
    """Delete a finished job when its time is over; return the seconds until then. Without a completion time it never ends."""
    limit = run.policy.get("ttlSecondsAfterFinished")
    age = _since(run, "completionTime")
    if limit is None or age is None or run.suspended:
        return None
    if age < float(limit):
        return float(limit) - age
    try:
        run.api.delete(run.kind.resource, run.namespace, run.name, manager="training-operator")
    except ApiError as error:
        run.event("Warning", run.kind.delete_failed_reason, f"Error deleting: {error.message}")
        raise
    run.event("Normal", run.kind.delete_reason, f"Deleted job: {run.name}")
    return None


def settle_finished(run: Run) -> None:
    """After success, what still runs counts as succeeded."""
    if is_true(run.status, "Succeeded"):
        for counters in (run.status.get("replicaStatuses") or {}).values():
            if active := counters.pop("active", 0):
                counters["succeeded"] = counters.get("succeeded", 0) + active
