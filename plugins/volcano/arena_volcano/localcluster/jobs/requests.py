"""What has happened to a job since it was last looked at, as the requests that Volcano's handlers would have queued.

Volcano acts on transitions (a pod *became* Failed); this keeps the last picture of each job and tells the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from arena_local.sdk.bundle import Obj
from arena_volcano.localcluster.keys import JOB_VERSION, TASK_SPEC, meta, status_of, task

INTERNAL = ("OutOfSync", "CommandIssued", "PodRunning")


@dataclass(frozen=True)
class Request:
    """One thing that happened: an event of a pod, of the PodGroup, or a command or a timeout (then ``action`` is given)."""

    event: str
    task: str = ""
    pod: str = ""
    pod_uid: str = ""
    exit_code: int = 0
    version: int = 0
    action: str = ""
    quiet: bool = False


@dataclass
class Delayed:
    """An action that waits for its policy's timeout."""

    due: float
    action: str
    request: Request


@dataclass
class Memory:
    """The last picture of one job, and what has happened and is still to be dealt with."""

    pods: dict[str, tuple[str, Request]] = field(default_factory=dict)
    queue: list[Request] = field(default_factory=list)
    group_phase: str = ""
    delayed: dict[tuple[str, str], Delayed] = field(default_factory=dict)
    failures: int = 0
    known: bool = False

    def forget_delayed(self, action: str, done: Request) -> None:
        """Drop the delayed actions that one that was done has made needless: a job's all, a task's those of the task, a pod's its own."""

        def needless(request: Request) -> bool:
            if action == "RestartPod":
                return request.pod == done.pod
            return action not in ("RestartTask", "RestartPartition") or request.task == done.task

        self.delayed = {key: delayed for key, delayed in self.delayed.items() if not needless(delayed.request)}


def _request(event: str, pod: Obj, exit_code: int = 0) -> Request:
    notes = meta(pod).get("annotations") or {}
    version = notes.get(JOB_VERSION, "0")
    number = int(version) if version.isdigit() else 0
    return Request(event, notes.get(TASK_SPEC, ""), meta(pod)["name"], meta(pod)["uid"], exit_code, number)


def exit_code(pod: Obj) -> int:
    """Return the exit code of the first container, 0 while it has none."""
    statuses: Sequence[dict[str, Any]] = status_of(pod).get("containerStatuses") or ()
    ended = ((statuses[0].get("state") or {}).get("terminated") or {}) if statuses else {}
    return int(ended.get("exitCode", 0))


def _restarts(pod: Obj) -> int:
    both = [*(status_of(pod).get("containerStatuses") or ()), *(status_of(pod).get("initContainerStatuses") or ())]
    return sum(int(entry.get("restartCount", 0)) for entry in both)


def task_failed(job: Obj, pods: Iterable[Obj], name: str) -> bool:
    """Return whether the containers of a task's living pods have been restarted as often as the task may retry."""
    limit = (task(job, name) or {}).get("maxRetry", 3)
    if limit == -1:
        return False
    mine = [pod for pod in pods if (meta(pod).get("annotations") or {}).get(TASK_SPEC) == name]
    restarts = sum(_restarts(pod) for pod in mine if status_of(pod).get("phase") in ("Running", "Pending"))
    return restarts >= int(limit)


def task_completed(job: Obj, pods: Iterable[Obj], name: str) -> bool:
    """Return whether all replicas of a task have succeeded."""
    mine = [pod for pod in pods if (meta(pod).get("annotations") or {}).get(TASK_SPEC) == name]
    done = sum(1 for pod in mine if status_of(pod).get("phase") == "Succeeded")
    wanted = (task(job, name) or {}).get("replicas", 0)
    return done == int(wanted) > 0


def observe(memory: Memory, job: Obj, pods: Sequence[Obj], group: Obj | None) -> list[Request]:
    """Return what has happened since the last look, and remember how things are now."""
    found: list[Request] = []
    now: dict[str, tuple[str, Request]] = {}
    for pod in pods:
        uid, phase = meta(pod)["uid"], status_of(pod).get("phase", "Pending")
        before = memory.pods.get(uid, ("", None))[0]
        now[uid] = (phase, _request("PodEvicted", pod))
        found.extend(_transitions(job, pods, pod, before, phase))
    found.extend(request for uid, (_, request) in memory.pods.items() if uid not in now)
    group_phase = status_of(group).get("phase", "") if group else ""
    if memory.known and group_phase == "Unknown" and memory.group_phase != "Unknown":
        found.append(Request("Unknown"))
    memory.pods, memory.group_phase, memory.known = now, group_phase, True
    return found


def _transitions(job: Obj, pods: Sequence[Obj], pod: Obj, before: str, phase: str) -> Iterable[Request]:
    if meta(pod).get("deletionTimestamp"):
        return  # how a pod ends that is being ended says nothing
    name = (meta(pod).get("annotations") or {}).get(TASK_SPEC, "")
    if phase in ("Failed", "Succeeded") and before in ("", "Pending"):
        yield _request("PodRunning", pod)  # it ran between two looks; the job is to be Running before it is anything else
    if phase == "Failed" and before != "Failed":
        yield _request("PodFailed", pod, exit_code(pod))
    elif phase == "Succeeded" and before != "Succeeded" and task_completed(job, pods, name):
        yield _request("TaskCompleted", pod)
    elif phase in ("Running", "Pending") and task_failed(job, pods, name):
        yield _request("TaskFailed", pod)
    elif phase == "Pending" and before != "Pending":
        yield _request("PodPending", pod)
