"""One pass over one JobSet."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from arena_core.k8s.conditions import find as find_condition
from arena_core.k8s.conditions import is_true as condition_true
from arena_core.k8s.time import read as parse_time
from arena_job.local import children, conditions
from arena_job.local.counts import all_ready, counts, reached, started
from arena_job.local.keys import ATTEMPT, JOBSETS, MANAGER, entries, role
from arena_job.local.policy import FAIL, RESTART_FREE, failed_at, succeeded, verdict
from arena_local.sdk.bundle import Api, Obj
from arena_local.sdk.owners import controlled


class Sync:
    """The state of one reconcile. The status is written once, at the end; the events go out after it."""

    def __init__(self, api: Api, jobset: Obj) -> None:
        self.api = api
        self.jobset: Obj = copy.deepcopy(dict(jobset))
        self.status: Obj = self.jobset.setdefault("status", {})
        self.suspended = bool(self.jobset["spec"].get("suspend"))
        in_order = (self.jobset["spec"].get("startupPolicy") or {}).get("startupPolicyOrder") == "InOrder"
        self.in_order = in_order and not self.suspended
        self.events: list[tuple[str, str, str]] = []
        attempt = int(self.status.get("restarts", 0))
        mine = controlled(api, "jobs.batch", self.jobset)
        self.old = [job for job in mine if int((job["metadata"].get("labels") or {}).get(ATTEMPT, 0) or 0) < attempt]
        self.jobs = [job for job in mine if job not in self.old]
        self.rows = counts(self.jobset, self.jobs)

    def run(self) -> float | None:
        """Do the pass; returns when to come back."""
        before = copy.deepcopy(self.status)
        self.status.setdefault("restarts", 0)
        self.status["replicatedJobsStatus"] = self.rows
        after: float | None = None
        if condition_true(self.jobset, "Completed") or condition_true(self.jobset, "Failed"):
            children.delete(self.api, [job for job in self.jobs if not children.ended(job)])
            after = self._time_to_live()
            if after is not None and after <= 0:
                return None
        else:
            self._go_on()
        if self.status != before:
            self.api.update_status(self.jobset, manager=MANAGER)
        for type, reason, message in self.events:
            self.api.event(self.jobset, type, reason, message, component=MANAGER, action="Reconciling")
        return after

    def _go_on(self) -> None:
        children.delete(self.api, self.old)
        if not self.suspended and all_ready(self.jobset, self.rows):
            self._set("RestartingJobSet", "False", "JobsReady", "all jobs are ready")
        if failed := [job for job in self.jobs if condition_true(job, "Failed")]:
            self._fail(failed)
            return
        complete = [job for job in self.jobs if condition_true(job, "Complete")]
        if complete and succeeded(self.jobset, complete):
            self._complete()
            return
        children.serve(self.api, self.jobset)
        children.claim(self.api, self.jobset)
        self._make()
        self._suspend() if self.suspended else self._resume()

    def _make(self) -> None:
        """Make the Jobs that are missing, in the order that the startup policy asks for."""
        waits_for_old = (self.jobset["spec"].get("failurePolicy") or {}).get("restartStrategy") == "BlockingRecreate" and bool(self.old)
        there = {job["metadata"]["name"] for job in (*self.jobs, *self.old)}
        for entry in entries(self.jobset):
            if not reached(entry, self.jobset, self.rows) or (self.in_order and started(entry, self.rows)):
                continue
            if not waits_for_old:
                children.make(self.api, self.jobset, entry, there, suspend=self.suspended)
            if self.in_order:
                self._set(conditions.RUNNING, "True", "InOrderStartupPolicyInProgress", "in order startup policy is in progress")
                return
        self._started()

    def _started(self) -> None:
        if self.in_order:
            self._set(conditions.DONE, "True", "InOrderStartupPolicyCompleted", "in order startup policy has completed")

    def _suspend(self) -> None:
        for job in self.jobs:
            if not children.ended(job) and not job["spec"].get("suspend"):
                children.suspend(self.api, job)
        message = "jobset is suspended"
        self._set("Suspended", "True", "SuspendedJobs", message)
        self._set("RestartingJobSet", "False", "JobSetSuspended", message)

    def _resume(self) -> None:
        """Resume Jobs; what has been put into the pod template while it was suspended goes with it."""
        for entry in entries(self.jobset):
            if not reached(entry, self.jobset, self.rows) or (self.in_order and started(entry, self.rows)):
                continue
            for job in self.jobs:
                if role(job) == entry["name"] and not children.ended(job) and job["spec"].get("suspend"):
                    children.resume(self.api, job, entry)
            if self.in_order:
                return
        self._set("Suspended", "False", "ResumeJobs", "jobset is resumed")

    def _fail(self, failed: Sequence[Obj]) -> None:
        policy = self.jobset["spec"].get("failurePolicy")
        if policy is None:
            self._failed("FailedJobs", "jobset failed due to one or more job failures", min(failed, key=failed_at))
            return
        action, rule, job = verdict(self.jobset, failed)
        applying = f"applying {action} failure policy action"
        if action == FAIL:
            self._failed("FailJobSetFailurePolicyAction", applying, job)
            return
        counted = int(self.status.get("restartsCountTowardsMax", 0))
        if action != RESTART_FREE:
            if counted >= int(policy.get("maxRestarts", 0)):
                self._failed("ReachedMaxRestarts", "jobset failed due to reaching max number of restarts", job)
                return
            self.status["restartsCountTowardsMax"] = counted + 1
        self.status["restarts"] = int(self.status["restarts"]) + 1
        message = _with_job(applying, job)
        self._set("RestartingJobSet", "True", f"FailurePolicy_{rule}" if rule else "DefaultFailurePolicy", message, "Warning")
        self.events.append(("Warning", f"{action}FailurePolicyAction", message))

    def _complete(self) -> None:
        if self.in_order and all(started(entry, self.rows) for entry in entries(self.jobset)):
            # The operator comes by between the end of a Job's pods and the Job's own, which are one moment here.
            self._started()
        message = "jobset completed successfully"
        self._set("Completed", "True", "AllJobsCompleted", message)
        self._set("RestartingJobSet", "False", "JobSetCompleted", message)
        self.status["terminalState"] = "Completed"

    def _failed(self, reason: str, message: str, job: Obj) -> None:
        self._set("Failed", "True", reason, _with_job(message, job), "Warning")
        self._set("RestartingJobSet", "False", "JobSetFailed", "jobset failed")
        self.status["terminalState"] = "Failed"

    def _set(self, type: str, value: str, reason: str, message: str, event: str = "Normal") -> None:
        if conditions.change(self.status, type, value, reason, message, self.api.now()):
            self.events.append((event, reason, message))

    def _time_to_live(self) -> float | None:
        limit = self.jobset["spec"].get("ttlSecondsAfterFinished")
        if limit is None:
            return None
        kind = "Completed" if condition_true(self.jobset, "Completed") else "Failed"
        ended = parse_time((find_condition(self.jobset, kind) or {})["lastTransitionTime"])
        left = limit - (self.api.now() - ended).total_seconds()
        if left <= 0:
            meta = self.jobset["metadata"]
            self.api.delete(JOBSETS, meta["namespace"], meta["name"], uid=meta["uid"], propagation="Foreground", manager=MANAGER)
        return float(left)


def _with_job(text: str, job: Obj) -> str:
    return f"{text} (first failed job: {job['metadata']['name']})"
