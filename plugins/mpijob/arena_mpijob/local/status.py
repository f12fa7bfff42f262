"""The status of an MPIJob from its launcher's Job and its pods, in the operator's order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from arena_core.k8s import conditions as of_job
from arena_core.k8s import time
from arena_local.sdk.bundle import Obj
from arena_local.sdk.pods import phase
from arena_mpijob.local.conditions import find, put
from arena_mpijob.local.names import LAUNCHER, WORKER, View
from arena_mpijob.local.validation import LIMIT

#: Writes an event on the job: type, reason, message.
Event = Callable[[str, str, str], None]


def ended(launcher: Obj) -> bool:
    """Whether the launcher's Job has succeeded or failed."""
    return of_job.is_true(launcher, "Complete") or of_job.is_true(launcher, "Failed")


def counters(view: View, kind: str) -> Obj:
    """Empty the counters of a replica type and return them."""
    found: Obj = {}
    view.status.setdefault("replicaStatuses", {})[kind] = found
    return found


def update(view: View, launcher: Obj | None, launcher_pods: Sequence[Obj], workers: Sequence[Obj], event: Event, now: datetime) -> None:
    """Write conditions and counters into ``view.status``."""
    _suspension(view, event, now)
    active = sum(phase(pod) == "Running" for pod in launcher_pods)
    if launcher is not None:
        _launcher(view, launcher, launcher_pods, active, event, now)
    running = _workers(view, workers, event, now)
    where = f"MPIJob {view.namespace}/{view.name}"
    if view.suspended:
        put(view.status, "Running", "False", "MPIJobSuspended", f"{where} is suspended.", now=now)
    elif launcher is not None and active and running == len(workers):
        put(view.status, "Running", "True", "MPIJobRunning", f"{where} is running.", now=now)
        event("Normal", "MPIJobRunning", f"{where} is running")


def _suspension(view: View, event: Event, now: datetime) -> None:
    if view.suspended:
        if put(view.status, "Suspended", "True", "MPIJobSuspended", "MPIJob suspended", now=now):
            event("Normal", "MPIJobSuspended", "MPIJob suspended")
    elif find(view.status, "Suspended") and put(view.status, "Suspended", "False", "MPIJobResumed", "MPIJob resumed", now=now):
        event("Normal", "MPIJobResumed", "MPIJob resumed")
        view.status["startTime"] = time.text(now)


def _launcher(view: View, launcher: Obj, pods: Sequence[Obj], active: int, event: Event, now: datetime) -> None:
    counts, status = counters(view, LAUNCHER), launcher.get("status") or {}
    if status.get("failed"):
        counts["failed"] = status["failed"]
    if of_job.is_true(launcher, "Complete"):
        counts["succeeded"] = 1
        message = f"MPIJob {view.namespace}/{view.name} successfully completed."
        event("Normal", "MPIJobSucceeded", message)
        view.status.setdefault("completionTime", status.get("completionTime") or time.text(now))
        put(view.status, "Succeeded", "True", "MPIJobSucceeded", message, now=now)
    elif failed := of_job.find(launcher, "Failed") if of_job.is_true(launcher, "Failed") else None:
        reason, message = _failure(view, failed, pods)
        event("Warning", reason, message)
        view.status.setdefault("completionTime", time.text(now))
        put(view.status, "Failed", "True", reason, message, now=now)
    elif active:
        counts["active"] = active


def _failure(view: View, failed: Obj, pods: Sequence[Obj]) -> tuple[str, str]:
    """Return reason and message: the Job's, with those of the last pod that failed."""
    reason = failed.get("reason") or "MPIJobFailed"
    message = failed.get("message") or f"MPIJob {view.namespace}/{view.name} has failed"
    last = max((p for p in pods if phase(p) == "Failed"), key=lambda p: str(p["metadata"].get("creationTimestamp")), default=None)
    if reason == "BackoffLimitExceeded" and last is not None:
        status = last.get("status") or {}
        reason, message = f"{reason}/{status.get('reason', '')}", f"{message}: {status.get('message', '')}"
    return reason, message if len(message) <= LIMIT else message[: LIMIT - 3] + "..."


def _workers(view: View, workers: Sequence[Obj], event: Event, now: datetime) -> int:
    """Count the workers; return how many run."""
    counts = counters(view, WORKER)
    names = {"Running": "active", "Succeeded": "succeeded", "Failed": "failed"}
    for pod in workers:
        if name := names.get(phase(pod)):
            counts[name] = counts.get(name, 0) + 1
    evicted = sum(phase(p) == "Failed" and (p.get("status") or {}).get("reason") == "Evicted" for p in workers)
    if evicted:
        message = f"{evicted}/{len(workers)} workers are evicted"
        put(view.status, "Failed", "True", "MPIJobEvicted", message, now=now)
        event("Warning", "MPIJobEvicted", message)
    return int(counts.get("active", 0))
