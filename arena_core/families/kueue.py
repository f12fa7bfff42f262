"""Kueue as every job type meets it: the labels that queue a job, the objects that hold it, and what they say. Pure and total.

Importable by plugins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.types import Find
from arena_core.families import schedulers
from arena_core.k8s import dig
from arena_core.typed import Any

GROUP = schedulers.KUEUE
QUEUE, PRIORITY = schedulers.QUEUE_LABEL, schedulers.PRIORITY_LABEL
JOB_UID = f"{GROUP}/job-uid"
WORKLOAD, LOCAL_QUEUE = schedulers.WORKLOAD, schedulers.LOCAL_QUEUE
CLUSTER_QUEUE, WORKLOAD_PRIORITY = schedulers.CLUSTER_QUEUE, schedulers.WORKLOAD_PRIORITY


def finds(job: Any) -> list[Find]:
    """Say how to find the Workload that Kueue made for a job with a queue label; total."""
    uid = dig.text(job, "metadata", "uid")
    return [Find(WORKLOAD, label_selector=f"{JOB_UID}={uid}")] if uid and dig.labels(job).get(QUEUE) else []


def workload(related: Sequence[Any]) -> Mapping[str, Any]:
    """Return the Workload among the related objects, the newest of several, or an empty mapping."""
    found = [obj for obj in related if isinstance(obj, Mapping) and WORKLOAD.matches(obj)]
    return max(found, key=lambda w: dig.text(w, "metadata", "creationTimestamp"), default={})


def decides(job: Any) -> str:
    """Say why nobody else may suspend or resume a job that is in a queue; nothing for one that is in none."""
    queue = dig.labels(job).get(QUEUE)
    return f"Kueue decides when it runs, in queue {queue}; spec.active of its Workload holds it back" if queue else ""


def sized(job: Any) -> str:
    """Say why the size of a job that is in a queue stays; nothing for one that is in none."""
    return "its size is what its queue has admitted" if decides(job) else ""


def waiting(job: Any, related: Sequence[Any]) -> tuple[str, str] | None:
    """Return (reason, message) of a suspended job that waits for Kueue, or None where Kueue does not hold it."""
    queue = dig.text(job, "metadata", "labels", QUEUE)
    found = workload(related) if related else {}
    if not queue and not found:
        return None
    quota = dig.condition(found, "QuotaReserved")
    evicted = dig.condition(found, "Evicted")
    if dig.dig(found, "spec", "active") is False:
        return "Deactivated", dig.text(evicted, "message") or "its Workload is deactivated: set spec.active to true to queue it again"
    if quota.get("status") == "True":
        admitted = dig.condition(found, "Admitted")
        return dig.text(admitted, "reason") or "Admitted", dig.text(admitted, "message") or dig.text(quota, "message")
    if evicted.get("status") == "True" and not dig.text(quota, "message"):
        return dig.text(evicted, "reason"), dig.text(evicted, "message")
    if quota:
        return dig.text(quota, "reason") or "Pending", dig.text(quota, "message")
    return "WaitingForQuota", f"waits in Kueue's queue {queue}" if queue else "waits for Kueue"
