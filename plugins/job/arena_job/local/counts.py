"""``status.replicatedJobsStatus``: counts of Jobs, not of pods."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.k8s.conditions import is_true as condition_true
from arena_job.local.keys import entries, pods_of, replicas, role
from arena_local.sdk.bundle import Obj


def counts(jobset: Obj, jobs: Sequence[Obj]) -> list[Obj]:
    """Return the counters of every replicated job, the last name first: so the operator sorts them."""
    rows = [_row(entry["name"], [job for job in jobs if role(job) == entry["name"]]) for entry in entries(jobset)]
    return sorted(rows, key=lambda row: str(row["name"]), reverse=True)


def _row(name: str, jobs: Sequence[Obj]) -> Obj:
    row: Obj = {"name": name, "active": 0, "failed": 0, "ready": 0, "succeeded": 0, "suspended": 0}
    for job in jobs:
        status = job.get("status") or {}
        if condition_true(job, "Failed"):
            row["failed"] += 1
        elif condition_true(job, "Complete"):
            row["succeeded"] += 1
        else:
            row["ready"] += status.get("ready", 0) + status.get("succeeded", 0) >= pods_of(job["spec"])
            row["active"] += bool(status.get("active"))
            row["suspended"] += bool(job["spec"].get("suspend"))
    return row


def started(entry: Obj, rows: Sequence[Obj]) -> bool:
    """Whether all Jobs of a replicated job are ready or have ended."""
    row = _of(entry["name"], rows)
    return bool(row["ready"] + row["succeeded"] + row["failed"] == entry.get("replicas", 1))


def reached(entry: Obj, jobset: Obj, rows: Sequence[Obj]) -> bool:
    """Whether what a replicated job waits for (``dependsOn``) is there."""
    sizes = {other["name"]: replicas(other) for other in entries(jobset)}
    for dependency in entry.get("dependsOn") or []:
        row = _of(dependency["name"], rows)
        done = row["succeeded"] if dependency.get("status") == "Complete" else row["ready"] + row["succeeded"] + row["failed"]
        if done != sizes.get(dependency["name"]):
            return False
    return True


def all_ready(jobset: Obj, rows: Sequence[Obj]) -> bool:
    """Whether every Job is ready or has succeeded."""
    return bool(sum(row["ready"] + row["succeeded"] for row in rows) == sum(replicas(entry) for entry in entries(jobset)))


def _of(name: str, rows: Sequence[Obj]) -> Obj:
    return next(row for row in rows if row["name"] == name)
