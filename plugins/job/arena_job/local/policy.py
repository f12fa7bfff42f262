"""When a JobSet has succeeded, and what a failed Job means for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from arena_core.k8s.conditions import find as find_condition
from arena_job.local.keys import entries, replicas, role
from arena_local.sdk.bundle import Obj

RESTART, RESTART_FREE, FAIL = "RestartJobSet", "RestartJobSetAndIgnoreMaxRestarts", "FailJobSet"


def succeeded(jobset: Obj, jobs: Sequence[Obj]) -> bool:
    """Whether the Jobs that have completed are enough."""
    policy = jobset["spec"].get("successPolicy") or {}
    targets = set(policy.get("targetReplicatedJobs") or [entry["name"] for entry in entries(jobset)])
    done = sum(role(job) in targets for job in jobs)
    if policy.get("operator") == "Any":
        return done > 0
    return done >= sum(replicas(entry) for entry in entries(jobset) if entry["name"] in targets)


def failed_at(job: Obj) -> tuple[str, str]:
    """Return when a Job failed, and its name."""
    return str((find_condition(job, "Failed") or {}).get("lastTransitionTime", "")), str(job["metadata"]["name"])


def verdict(jobset: Obj, failed: Sequence[Obj]) -> tuple[str, str, Obj]:
    """Return (action, name of the rule, first failed Job) for a JobSet with a failure policy."""
    in_order = sorted(failed, key=failed_at)
    for rule in (jobset["spec"].get("failurePolicy") or {}).get("rules") or []:
        if job := next((job for job in in_order if _applies(rule, job)), None):
            return str(rule["action"]), str(rule["name"]), job
    return RESTART, "", in_order[0]


def _applies(rule: Obj, job: Obj) -> bool:
    condition = find_condition(job, "Failed") or {}
    reasons, targets = rule.get("onJobFailureReasons") or [], rule.get("targetReplicatedJobs") or []
    patterns = rule.get("onJobFailureMessagePatterns") or []
    return (
        (not reasons or condition.get("reason") in reasons)
        and (not targets or role(job) in targets)
        and (not patterns or any(_found(pattern, str(condition.get("message", ""))) for pattern in patterns))
    )


def _found(pattern: str, text: str) -> bool:
    """Search as the operator does, which leaves out a pattern that is none (its syntax is Go's, nearly the same)."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False
