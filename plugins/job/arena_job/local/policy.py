"""When a JobSet has succeeded, and what a failed Job means for it."""

from __future__ import annotations

from collections.abc import Sequence

from arena_job.local.keys import REPLICATED, entries, replicas
from arena_local.sdk.bundle import Obj
from arena_local.sdk.conditions import find_condition

RESTART, RESTART_FREE, FAIL = "RestartJobSet", "RestartJobSetAndIgnoreMaxRestarts", "FailJobSet"


def role(job: Obj) -> str:
    """Return the replicated job that a Job is of."""
    return str((job["metadata"].get("labels") or {}).get(REPLICATED, ""))


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
        reasons, targets = rule.get("onJobFailureReasons") or [], rule.get("targetReplicatedJobs") or []
        for job in in_order:
            reason = (find_condition(job, "Failed") or {}).get("reason")
            if (not reasons or reason in reasons) and (not targets or role(job) in targets):
                return _shipped(str(rule["action"])), str(rule["name"]), job
    return RESTART, "", in_order[0]


def _shipped(action: str) -> str:
    """Return the action that counts: those for one Job alone belong to a gate that is off, and restart the whole JobSet."""
    return {"RestartJob": RESTART, "RestartJobAndIgnoreMaxRestarts": RESTART_FREE}.get(action, action)
