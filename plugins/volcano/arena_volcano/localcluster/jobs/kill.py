"""Killing: the pods of a whole job, of a task, of a partition, or one pod; plugin objects and PodGroup go with them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from arena_core.k8s import duration
from arena_local.sdk.bundle import ApiError, Obj
from arena_volcano.localcluster import keys, plugins
from arena_volcano.localcluster.jobs import group
from arena_volcano.localcluster.jobs.work import Step, Work
from arena_volcano.localcluster.keys import DEFAULT_MAX_RETRY, meta, status_of

RETAIN_NONE: tuple[str, ...] = ()
RETAIN_ENDED = ("Succeeded", "Failed")


def kill_job(work: Work, retain: Collection[str], step: Step | None) -> None:
    """Delete all pods but those in a phase to retain, and all that the plugins made.

    Volcano raises the version at each pass; here a pass that changes nothing writes nothing, or it would call itself for ever.
    """
    _kill(work, lambda pod: status_of(pod).get("phase") not in retain, step, bump=1)


def kill_target(work: Work, chosen: Callable[[Obj], bool], step: Step) -> None:
    """Delete the chosen pods alone; the version stays, so what happens to the others still counts."""
    _kill(work, chosen, step, bump=0)


def _kill(work: Work, chosen: Callable[[Obj], bool], step: Step | None, bump: int) -> None:
    busy, terminating = False, 0
    # what the last try leaves behind is kept for a look at it
    last = work.status.get("retryCount", 0) >= work.job["spec"].get("maxRetry", DEFAULT_MAX_RETRY) - 1
    for pod in work.pods:
        going = bool(meta(pod).get("deletionTimestamp"))
        if not going and chosen(pod) and not (last and status_of(pod).get("phase") in RETAIN_ENDED):
            busy = work.delete_pod(pod) or busy
            going = True
        terminating += going
    old = work.status
    status: dict[str, Any] = {
        "state": dict(old.get("state") or {}),
        "conditions": list(old.get("conditions") or []),
        "minAvailable": work.job["spec"].get("minAvailable", 0),
        "terminating": terminating,
        "retryCount": old.get("retryCount", 0),
        "version": old.get("version", 0),
    }
    moved = bool(step and step(status))
    busy = plugins.stop(work.api, work.job) or busy
    if moved or busy or _differs(old, status):
        status["version"] += bump
        status["runningDuration"] = duration.go_text(work.age())
        if not moved:
            status["runningDuration"] = old.get("runningDuration", status["runningDuration"])
        work.write(status, stamp=moved)
    _delete_group(work)


def _differs(old: dict[str, Any], new: dict[str, Any]) -> bool:
    kept = {key: value for key, value in new.items() if value not in (0, {}, None)}
    return kept != {key: value for key, value in old.items() if key != "runningDuration"}


def _delete_group(work: Work) -> None:
    found = group.find(work.api, work.job)
    if found is None or meta(found).get("deletionTimestamp"):
        return
    try:
        work.api.delete(keys.POD_GROUPS, meta(found)["namespace"], meta(found)["name"], manager=keys.CONTROLLER)
    except ApiError as error:
        if error.code != 404:
            raise
