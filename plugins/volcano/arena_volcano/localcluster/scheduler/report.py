"""The end of a session: phase, counters and conditions of each PodGroup, conditions of the pods that wait, and the events."""

from __future__ import annotations

import copy
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from arena_core.k8s import conditions, time
from arena_local.scheduler import binding
from arena_local.sdk.bundle import Api, ApiError
from arena_volcano.localcluster.keys import SCHEDULER, meta, status_of
from arena_volcano.localcluster.scheduler.gang import SCHEDULED, Gang, Task

READY = "pod group is ready"
NOT_READY = "pod group is not ready"
SCHEDULED_REASON = "tasks in gang are ready to be scheduled"
#: Phases of a group of which each session tells.
_WAITING = ("Inqueue", "Pending", "Unknown")
_VOLATILE = ("lastTransitionTime", "transitionID")


def fit_text(gang: Gang) -> str:
    """Return how the gang stands, in the words of Volcano's scheduler."""
    counts = Counter(task.status for task in gang.tasks)
    counts["minAvailable"] = gang.least
    text = f"{READY if gang.ready() else NOT_READY}, {_histogram(counts)}"
    pending = gang.having("Pending")
    if pending:
        text += f"; Pending: {_histogram(Counter(_reason(task) for task in pending))}"
    broken = next((task for task in gang.having("Pending") if task.error), None)
    if broken is not None:
        text += f". Origin reason is {broken.name}: {broken.error}"
    return text


def _histogram(counts: Counter[str]) -> str:
    return ", ".join(sorted(f"{number} {word}" for word, number in counts.items()))


def _reason(task: Task) -> str:
    return "Schedulable" if task.node else "Unschedulable"


def close(api: Api, gang: Gang, session: str, quiet: bool) -> None:
    """Write and tell what became of one gang; ``quiet`` leaves out the event about waiting."""
    status = copy.deepcopy(status_of(gang.group))
    conditions: list[dict[str, Any]] = status.get("conditions") or []
    ready = gang.ready()
    text = fit_text(gang)
    if gang.tasks:
        if ready:
            _set(api, conditions, session, "Scheduled", SCHEDULED_REASON, "")
        else:
            possible = gang.ready_number() + sum(1 for task in gang.having("Pending") if task.node)
            message = f"{gang.least - possible}/{len(gang.tasks)} tasks in gang unschedulable: {text}"
            _set(api, conditions, session, "Unschedulable", "NotEnoughResources", message)
    status["phase"] = _phase(gang, unschedulable=bool(gang.tasks) and not ready)
    for name, word in (("running", "Running"), ("failed", "Failed"), ("succeeded", "Succeeded")):
        status[name] = gang.count(word)
    if conditions:
        status["conditions"] = conditions
    status = {key: value for key, value in status.items() if value not in (0, None)}
    changed = _content(status) != _content(status_of(gang.group))
    if changed:
        tolerant(lambda: api.update({**gang.group, "status": status}, manager=SCHEDULER))
    _tell(api, gang, status["phase"], text, changed, quiet)
    for task in gang.having("Pending"):
        _tell_pod(api, task, text)


def waits(gang: Gang) -> bool:
    """Return whether each session tells that the gang waits."""
    return _phase(gang, unschedulable=bool(gang.tasks) and not gang.ready()) in _WAITING


def _phase(gang: Gang, *, unschedulable: bool) -> str:
    if unschedulable and gang.count("Running"):
        return "Unknown"
    placed = gang.count(*SCHEDULED)
    if placed >= gang.least:
        return "Completed" if placed == gang.count("Succeeded", "Failed") else "Running"
    return gang.phase if gang.phase == "Inqueue" else "Pending"


def _set(api: Api, conditions: list[dict[str, Any]], session: str, type: str, reason: str, message: str) -> None:
    entry: dict[str, Any] = {"type": type, "status": "True", "transitionID": session, "lastTransitionTime": time.text(api.now())}
    entry["reason"] = reason
    if message:
        entry["message"] = message
    for index, old in enumerate(conditions):
        if old.get("type") == type:
            conditions[index] = entry
            return
    conditions.append(entry)


def _content(status: dict[str, Any]) -> dict[str, Any]:
    """Return what a change of which is worth a write."""
    conditions = [{k: v for k, v in entry.items() if k not in _VOLATILE} for entry in status.get("conditions") or ()]
    return {**status, "conditions": conditions}


def _tell(api: Api, gang: Gang, phase: str, text: str, changed: bool, quiet: bool) -> None:
    if phase in _WAITING:
        if not quiet:
            message = f"{gang.count('Pending')}/{len(gang.tasks)} tasks in gang unschedulable: {text}"
            api.event(gang.group, "Warning", "Unschedulable", message, component=SCHEDULER)
    elif changed:
        api.event(gang.group, "Normal", "Scheduled", READY, component=SCHEDULER)


def _tell_pod(api: Api, task: Task, text: str) -> None:
    pod = api.find("pods", meta(task.pod)["namespace"], task.name)
    if pod is None or meta(pod)["uid"] != meta(task.pod)["uid"] or meta(pod).get("deletionTimestamp"):
        return
    reason, message = _reason(task), task.error or text
    if task.node:
        where = f"{meta(pod)['namespace']}/{task.name}"
        message = f"Pod {where} can possibly be assigned to {task.node}, once minAvailable is satisfied"
    old = conditions.find(pod, "PodScheduled") or {}
    if (old.get("status"), old.get("reason"), old.get("message")) == ("False", reason, message):
        return
    tolerant(lambda: binding.unschedulable(api, pod, message, component=SCHEDULER, reason=reason))


def tolerant(write: Callable[[], object]) -> bool:
    """Write to an object that may have changed or gone, or whose namespace is going; returns whether it was written."""
    try:
        write()
    except ApiError as error:
        if error.code >= 500:
            raise
        return False
    return True


def bound(api: Api, task: Task) -> bool:
    """Bind a pod to its node and tell it; returns whether that worked."""
    return tolerant(lambda: binding.bind(api, task.pod, task.node, component=SCHEDULER))


def session_id() -> str:
    """Return a new session's id."""
    return str(uuid.uuid4())
