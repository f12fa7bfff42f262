"""The job controller's reconcile: what has happened, which action that calls for, the action, and the end of the job's life."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from arena_core.k8s import duration, time
from arena_local.sdk.bundle import Api, ApiError, Key, Obj
from arena_volcano.localcluster import keys
from arena_volcano.localcluster.jobs import group
from arena_volcano.localcluster.jobs.machine import execute
from arena_volcano.localcluster.jobs.policy import SYNC, Decision, decide
from arena_volcano.localcluster.jobs.requests import Delayed, Memory, Request, observe
from arena_volcano.localcluster.jobs.sync import NotYet
from arena_volcano.localcluster.jobs.work import Work
from arena_volcano.localcluster.keys import meta, status_of
from arena_volcano.localcluster.plugins.base import CannotBuild, NotReady

FINISHED = ("Completed", "Failed", "Terminated")
#: Volcano gives a job up after so many failures in a row.
MAX_FAILURES = 15
_PLAIN = Request("OutOfSync")
#: How soon a job is looked at again whose ssh key is still being made.
_KEY_WAIT = 0.1


def command_target(kind: str) -> Callable[[Obj], Iterable[Key]]:
    """Return a map from a Command to the Job or Queue that it is for."""

    def keys_of(command: Obj) -> Iterable[Key]:
        target = command.get("target") or {}
        if target.get("kind") != kind:
            return ()
        return ((meta(command)["namespace"] if kind == "Job" else "", str(target.get("name", ""))),)

    return keys_of


def take_command(api: Api, command: Obj) -> bool:
    """Delete a command before it is done; returns whether it was still there."""
    try:
        api.delete(keys.COMMANDS, meta(command)["namespace"], meta(command)["name"], manager=keys.CONTROLLER)
    except ApiError as error:
        if error.code != 404:
            raise
        return False
    return True


class JobController:
    """Reconciles Volcano Jobs."""

    name = "volcano-job-controller"
    resource = keys.JOBS
    owns: tuple[str, ...] = ("pods", keys.POD_GROUPS)

    def __init__(self, api: Api) -> None:
        self._api = api
        self._memory: dict[str, Memory] = {}
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {keys.COMMANDS: command_target("Job")}

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring the job's world in line; returns when to look again (a timeout of a policy, the time to live)."""
        work = Work.load(self._api, namespace, name)
        if work is None:
            self._forget()
            return None
        memory = self._memory.setdefault(meta(work.job)["uid"], Memory())
        # What has happened stays in the queue until it is done: an attempt that fails comes again.
        memory.queue += [*self._commands(work), *self._due(work, memory)]
        memory.queue += observe(memory, work.job, work.pods, group.find(self._api, work.job))
        acted = False
        try:
            while memory.queue:
                acted = self._handle(namespace, name, memory.queue[0], memory) or acted
                del memory.queue[0]
            if not acted:  # else the action's own writes call the next reconcile
                self._handle(namespace, name, _PLAIN, memory)
        except NotReady:
            return _KEY_WAIT
        except (NotYet, CannotBuild, ApiError) as error:
            memory.failures += 1
            if memory.failures < MAX_FAILURES or (isinstance(error, ApiError) and error.code == 409):
                raise
            memory.queue.clear()
            self._give_up(namespace, name)
        memory.failures = 0
        return self._next(namespace, name, memory)

    def _handle(self, namespace: str, name: str, request: Request, memory: Memory) -> bool:
        """Do what one request calls for; returns whether that was more than nothing."""
        work = Work.load(self._api, namespace, name)
        if work is None:
            return True
        decision = decide(work.job, request)
        if decision.action == SYNC and request is not _PLAIN and request.event != "PodRunning":
            return False
        if decision.delay:
            self._delay(work, memory, request, decision)
            return False
        if decision.action != SYNC and not request.quiet:
            work.event("Normal", "ExecuteAction", f"Start to execute action {decision.action} ")
        execute(work, decision.action, request)
        if decision.action != SYNC:
            memory.forget_delayed(decision.action, request)
        return decision.action != SYNC

    def _delay(self, work: Work, memory: Memory, request: Request, decision: Decision) -> None:
        key = (request.event, request.pod_uid)
        if key in memory.delayed:
            return
        memory.delayed[key] = Delayed(self._api.now().timestamp() + decision.delay, decision.action, request)
        work.event("Normal", "ExecuteAction", f"Execute action {decision.action} after {duration.go_text(decision.delay)}")

    def _forget(self) -> None:
        """Drop what was remembered of jobs that are gone."""
        living = {meta(job)["uid"] for job in self._api.list(keys.JOBS)}
        self._memory = {uid: memory for uid, memory in self._memory.items() if uid in living}

    def _commands(self, work: Work) -> Iterable[Request]:
        """Take the commands for this job; each is deleted before it is done, so that none is done twice."""
        uid = meta(work.job)["uid"]
        for command in self._api.list(keys.COMMANDS, meta(work.job)["namespace"]):
            target = command.get("target") or {}
            if target.get("kind") != "Job" or target.get("name") != meta(work.job)["name"] or target.get("uid", uid) != uid:
                continue
            if take_command(self._api, command):
                action = str(command.get("action", SYNC))
                text = f"Start to execute command {action}, and clean it up to make sure executed not more than once."
                work.event("Normal", "CommandIssued", text)
                yield Request("CommandIssued", action=action)

    @staticmethod
    def _due(work: Work, memory: Memory) -> Iterable[Request]:
        """Take the delayed actions whose time has come; one falls away when its pod moves on, or another runs in its place."""
        now = work.now.timestamp()
        phases = {meta(pod)["uid"]: status_of(pod).get("phase", "Pending") for pod in work.pods}
        running = {meta(pod)["name"] for pod in work.pods if status_of(pod).get("phase") == "Running"}
        for key, delayed in list(memory.delayed.items()):
            waits, lost = delayed.request.event == "PodPending", delayed.request.event in ("PodFailed", "PodEvicted")
            if (waits and phases.get(delayed.request.pod_uid) != "Pending") or (lost and delayed.request.pod in running):
                del memory.delayed[key]
            elif delayed.due <= now:
                del memory.delayed[key]
                yield replace(delayed.request, action=delayed.action, quiet=True)

    def _give_up(self, namespace: str, name: str) -> None:
        work = Work.load(self._api, namespace, name)
        if work is not None:
            work.event("Warning", "ExecuteAction", f"Job failed on action {SYNC} for retry limit reached")
            execute(work, "TerminateJob", _PLAIN)

    def _next(self, namespace: str, name: str, memory: Memory) -> float | None:
        waits = [max(0.01, delayed.due - self._api.now().timestamp()) for delayed in memory.delayed.values()]
        left = self._time_to_live(namespace, name)
        if left is not None:
            waits.append(left)
        return min(waits, default=None)

    def _time_to_live(self, namespace: str, name: str) -> float | None:
        """Delete a finished job whose time is over; returns the seconds that are left to it."""
        job = self._api.find(keys.JOBS, namespace, name)
        ttl = (job or {}).get("spec", {}).get("ttlSecondsAfterFinished")
        if job is None or ttl is None or meta(job).get("deletionTimestamp"):
            return None
        state = status_of(job).get("state") or {}
        if state.get("phase") not in FINISHED:
            return None
        left = (time.read(state["lastTransitionTime"]) + timedelta(seconds=ttl) - self._api.now()).total_seconds()
        if left > 0:
            return left
        self._api.delete(keys.JOBS, namespace, name, uid=meta(job)["uid"], propagation="Foreground", manager=keys.CONTROLLER)
        return None
