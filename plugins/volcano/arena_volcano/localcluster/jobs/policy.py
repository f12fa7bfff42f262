"""Which action a request calls for: the task's policies first, then the job's, else a plain sync."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from arena_core.k8s import duration
from arena_local.sdk.bundle import Obj
from arena_volcano.localcluster.admission.policies import events_of
from arena_volcano.localcluster.jobs.requests import INTERNAL, Request
from arena_volcano.localcluster.keys import status_of, task

SYNC = "SyncJob"


@dataclass(frozen=True)
class Decision:
    """An action, and the seconds after which it is due."""

    action: str = SYNC
    delay: float = 0.0


def seconds(text: object) -> float:
    """Read a Go duration (``1m30s``); what is none counts as 0."""
    try:
        return duration.parse(str(text or "0"))
    except ValueError:
        return 0.0


def decide(job: Obj, request: Request) -> Decision:
    """Apply the policies to a request."""
    if request.action:
        return Decision(request.action)
    if request.event in INTERNAL or request.version < status_of(job).get("version", 0):
        return Decision()
    entry = task(job, request.task) or {}
    for policies in (entry.get("policies") or (), job["spec"].get("policies") or ()):
        found = _match(policies, request)
        if found:
            return found
    return Decision()


def _match(policies: Iterable[Mapping[str, Any]], request: Request) -> Decision | None:
    for policy in policies:
        events = events_of(policy)
        timeout = seconds(policy.get("timeout"))
        if request.event in events or "*" in events:
            if request.event == "PodPending" and not timeout:
                continue
            return Decision(str(policy.get("action", SYNC)), timeout)
        code = policy.get("exitCode")
        if code is not None and int(code) == request.exit_code and request.exit_code:
            return Decision(str(policy.get("action", SYNC)))
    return None
