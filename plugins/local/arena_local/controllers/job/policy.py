"""podFailurePolicy and successPolicy of a Job."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from arena_local.controllers.job.indexes import parse
from arena_local.sdk.bundle import Obj


@dataclass(frozen=True)
class Match:
    """What podFailurePolicy says of a failed pod: the action, and the message of FailJob."""

    action: str
    message: str = ""

    @property
    def counted(self) -> bool:
        """Whether the failure counts towards backoffLimit."""
        return self.action != "Ignore"


def _exit_code_rule(pod: Obj, requirement: Obj) -> tuple[str, int] | None:
    status = pod.get("status") or {}
    values = set(requirement.get("values") or ())
    name = requirement.get("containerName")
    for entry in [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]:
        ended = (entry.get("state") or {}).get("terminated")
        if not ended or not ended.get("exitCode") or (name and entry["name"] != name):
            continue
        if (ended["exitCode"] in values) == (requirement.get("operator") == "In"):
            return entry["name"], ended["exitCode"]
    return None


def _condition_rule(pod: Obj, patterns: Iterable[Obj]) -> str | None:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    for pattern in patterns:
        wanted = pattern.get("status") or "True"
        for condition in conditions:
            if condition.get("type") == pattern.get("type") and condition.get("status") == wanted:
                return str(condition["type"])
    return None


def match_failure(job: Obj, pod: Obj) -> Match:
    """Return what the first matching rule says; ``Count`` if none does."""
    policy = job["spec"].get("podFailurePolicy") or {}
    where = f"{pod['metadata'].get('namespace', '')}/{pod['metadata']['name']}"
    for number, rule in enumerate(policy.get("rules") or ()):
        action = rule.get("action", "Count")
        if rule.get("onExitCodes"):
            found = _exit_code_rule(pod, rule["onExitCodes"])
            if found:
                container, code = found
                text = f"Container {container} for pod {where} failed with exit code {code} matching {action} rule at index {number}"
                return Match(action, text)
        elif rule.get("onPodConditions"):
            condition = _condition_rule(pod, rule["onPodConditions"])
            if condition:
                return Match(action, f"Pod {where} has condition {condition} matching {action} rule at index {number}")
    return Match("Count")


def match_success(job: Obj, succeeded: set[int]) -> str | None:
    """Return the message of the first rule of successPolicy that is met, or None."""
    policy = job["spec"].get("successPolicy") or {}
    for number, rule in enumerate(policy.get("rules") or ()):
        wanted = parse(rule["succeededIndexes"]) if rule.get("succeededIndexes") else None
        have = succeeded if wanted is None else succeeded & wanted
        count = rule.get("succeededCount")
        needed = count if count is not None else len(wanted or ())
        if len(have) >= needed and (wanted is not None or count is not None):
            return f"Matched rules at index {number}"
    return None
