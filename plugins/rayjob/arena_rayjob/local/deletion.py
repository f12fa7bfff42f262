"""What is deleted after the end of a RayJob, and when: ``shutdownAfterJobFinishes``, or ``deletionStrategy``. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from arena_local.sdk.bundle import Obj

#: From the least to the most.
POLICIES = ("DeleteNone", "DeleteWorkers", "DeleteCluster", "DeleteSelf")
_SPEC = "The RayJob spec is invalid: "


def problems_of(spec: Obj) -> str:
    """Return the first problem of the fields that say what is deleted."""
    shutdown, strategy = bool(spec.get("shutdownAfterJobFinishes")), spec.get("deletionStrategy")
    if not shutdown and int(spec.get("ttlSecondsAfterFinished") or 0) > 0:
        return f"{_SPEC}a RayJob with shutdownAfterJobFinishes set to false cannot have TTLSecondsAfterFinished"
    if strategy is None:
        return ""
    rules, old = strategy.get("deletionRules") or [], [strategy.get("onSuccess"), strategy.get("onFailure")]
    if rules and shutdown:
        return f"{_SPEC}spec.shutdownAfterJobFinishes and spec.deletionStrategy.deletionRules are mutually exclusive"
    if rules:
        return "\n".join(_rules(rules, selected=bool(spec.get("clusterSelector"))))
    if not all(old):
        return (
            "both DeletionStrategy.OnSuccess and DeletionStrategy.OnFailure must be set when using the legacy deletion policy fields of "
            "DeletionStrategy"
        )
    if shutdown and any((part or {}).get("policy") == "DeleteNone" for part in old):
        return f"{_SPEC}shutdownAfterJobFinshes is set to 'true' while deletion policy is 'DeleteNone'"
    return ""


def _rules(rules: list[Obj], *, selected: bool) -> Iterator[str]:
    seen = set()
    for index, rule in enumerate(rules):
        condition, policy = rule.get("condition") or {}, rule.get("policy")
        keys = [key for key in ("jobStatus", "jobDeploymentStatus") if condition.get(key) is not None]
        if len(keys) == 2:
            yield f"deletionRules[{index}]: cannot set both JobStatus and JobDeploymentStatus at the same time"
        elif not keys:
            yield f"deletionRules[{index}]: exactly one of JobStatus and JobDeploymentStatus must be set"
        elif int(condition.get("ttlSeconds") or 0) < 0:
            yield f"deletionRules[{index}]: TTLSeconds must be non-negative"
        elif selected and policy in ("DeleteCluster", "DeleteWorkers"):
            yield f"deletionRules[{index}]: DeletionPolicyType '{policy}' not supported when ClusterSelector is set"
        elif (keys[0], condition[keys[0]], policy) in seen:
            kind = keys[0][0].upper() + keys[0][1:]
            yield f"deletionRules[{index}]: duplicate rule for DeletionPolicyType '{policy}' and {kind} '{condition[keys[0]]}'"
        else:
            seen.add((keys[0], condition[keys[0]], policy))


def due(spec: Obj, status: Obj) -> list[tuple[float, str]]:
    """Return (seconds after the end, policy) of everything that is to be deleted, in the order of time."""
    strategy = spec.get("deletionStrategy")
    if spec.get("clusterSelector"):
        return []
    if strategy is None:
        return [(float(spec.get("ttlSecondsAfterFinished") or 0), "DeleteCluster")] if spec.get("shutdownAfterJobFinishes") else []
    if not strategy.get("deletionRules"):
        key = {"SUCCEEDED": "onSuccess", "FAILED": "onFailure"}.get(str(status.get("jobStatus")), "")
        policy = str((strategy.get(key) or {}).get("policy") or "DeleteNone")
        return [(float(spec.get("ttlSecondsAfterFinished") or 0), policy)] if policy != "DeleteNone" else []
    found = []
    for rule in strategy["deletionRules"]:
        condition = rule.get("condition") or {}
        key = "jobStatus" if condition.get("jobStatus") is not None else "jobDeploymentStatus"
        if condition.get(key) == status.get(key) and rule.get("policy") in POLICIES[1:]:
            found.append((float(condition.get("ttlSeconds") or 0), str(rule["policy"])))
    return sorted(found, key=lambda pair: (pair[0], -POLICIES.index(pair[1])))
