"""Checks of lifecycle policies and of what tasks depend on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from arena_local.sdk.bundle import Obj
from arena_volcano.localcluster.keys import tasks

EVENTS = ("*", "PodFailed", "PodEvicted", "PodPending", "Unknown", "TaskCompleted", "TaskFailed", "JobUpdated")
ACTIONS = (
    "AbortJob",
    "RestartJob",
    "RestartTask",
    "RestartPod",
    "RestartPartition",
    "TerminateJob",
    "CompleteJob",
    "ResumeJob",
)


def events_of(policy: Mapping[str, Any]) -> list[str]:
    """Return all events of a policy, each once."""
    named = [*(policy.get("events") or ()), *([policy["event"]] if policy.get("event") else [])]
    return list(dict.fromkeys(named))


def policy_errors(policies: Iterable[Mapping[str, Any]], path: str) -> str:
    """Return what is wrong with a list of policies as the webhook words it, or an empty text."""
    errors: list[str] = []
    seen: set[str] = set()
    codes: set[int] = set()
    for policy in policies:
        problem = _policy_error(policy, path, seen, codes)
        if problem:
            errors.append(problem)
            break
    if "*" in seen and len(seen) > 1:
        errors.append("if there's * here, no other policy should be here")
    if not errors:
        return ""
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    lines = "\n\t".join(f"* {error}" for error in errors)
    allowed = f" valid events are [{' '.join(EVENTS)}], valid actions are [{' '.join(ACTIONS)}];"
    return f"{count} occurred:\n\t{lines}\n\n{allowed}"


def _policy_error(policy: Mapping[str, Any], path: str, seen: set[str], codes: set[int]) -> str:
    events, code = events_of(policy), policy.get("exitCode")
    if events and code is not None:
        return "must not specify event and exitCode simultaneously"
    if not events and code is None:
        return "either event and exitCode should be specified"
    if not events:
        return _code_error(int(code or 0), codes)
    for event in events:
        if event not in EVENTS:
            return f'{path}: Invalid value: "{event}": invalid policy event'
        if policy.get("action") not in ACTIONS:
            return f'{path}: Invalid value: "{policy.get("action", "")}": invalid policy action'
        if event in seen:
            return f"duplicate event {event}  across different policy"
        seen.add(event)
    return ""


def _code_error(code: int, codes: set[int]) -> str:
    if code == 0:
        return "0 is not a valid error code"
    if code in codes:
        return f"duplicate exitCode {code}"
    codes.add(code)
    return ""


def acyclic(job: Obj) -> bool:
    """Return whether the tasks' dependencies form no circle (and name tasks that exist)."""
    waits = {task["name"]: set((task.get("dependsOn") or {}).get("name") or ()) for task in tasks(job)}
    done: set[str] = set()
    while len(done) < len(waits):
        ready = {name for name, needs in waits.items() if name not in done and needs <= done}
        if not ready:
            return False
        done |= ready
    return True
