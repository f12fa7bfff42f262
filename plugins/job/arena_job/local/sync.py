"""One pass over one JobSet."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from arena_job.local import jobs as making
from arena_job.local.counts import counts, reached, started
from arena_job.local.keys import ATTEMPT, JOBSETS, MANAGER, dns, entries
from arena_job.local.policy import FAIL, RESTART_FREE, failed_at, role, succeeded, verdict
from arena_local.sdk.bundle import Api, ApiError, Obj
from arena_local.sdk.conditions import condition_true, find_condition, parse_time, timestamp
from arena_local.sdk.owners import controlled

_RUNNING, _DONE = "StartupPolicyInProgress", "StartupPolicyCompleted"


class Sync:
    """The state of one reconcile. The status is written once, at the end; the events go out after it."""

    def __init__(self, api: Api, jobset: Obj) -> None:
        self.api = api
        self.jobset: Obj = copy.deepcopy(dict(jobset))
        self.status: Obj = self.jobset.setdefault("status", {})
        self.suspended = bool(self.jobset["spec"].get("suspend"))
        self.events: list[tuple[str, str, str]] = []
        attempt = int(self.status.get("restarts", 0))
        mine = controlled(api, "jobs.batch", self.jobset)
        self.old = [job for job in mine if int((job["metadata"].get("labels") or {}).get(ATTEMPT, 0) or 0) < attempt]
        self.jobs = [job for job in mine if job not in self.old]

    def run(self) -> float | None:
        """Do the pass; returns when to come back."""
        before = copy.deepcopy(self.status)
        self.status.setdefault("restarts", 0)
        rows = counts(self.jobset, self.jobs)
        self._write_rows(rows)
        after: float | None = None
        if condition_true(self.jobset, "Completed") or condition_true(self.jobset, "Failed"):
            self._delete([job for job in self.jobs if not _ended(job)])
            after = self._time_to_live()
            if after is not None and after <= 0:
                return None
        else:
            self._go_on(rows)
        if self.status != before:
            self.api.update_status(self.jobset, manager=MANAGER)
        for type, reason, message in self.events:
            self.api.event(self.jobset, type, reason, message, component=MANAGER, action="Reconciling")
        return after

    def _write_rows(self, rows: list[Obj]) -> None:
        # The real one keeps the place of every row once it is written.
        places = [row["name"] for row in self.status.get("replicatedJobsStatus") or []]
        self.status["replicatedJobsStatus"] = sorted(rows, key=lambda r: places.index(r["name"]) if r["name"] in places else len(places))

    def _go_on(self, rows: Sequence[Obj]) -> None:
        self._delete(self.old)
        self._serve()
        if failed := [job for job in self.jobs if condition_true(job, "Failed")]:
            self._fail(failed)
            return
        complete = [job for job in self.jobs if condition_true(job, "Complete")]
        if complete and succeeded(self.jobset, complete):
            self._end("Completed", "AllJobsCompleted", "jobset completed successfully")
            return
        self._make(rows)
        self._suspension()
        self._restarted(rows)

    # -- Jobs

    def _make(self, rows: Sequence[Obj]) -> None:
        """Make what is missing, and suspend or resume what is there, in the order that the startup policy asks for."""
        blocking = (self.jobset["spec"].get("failurePolicy") or {}).get("restartStrategy") == "BlockingRecreate"
        in_order = (self.jobset["spec"].get("startupPolicy") or {}).get("startupPolicyOrder") == "InOrder" and not self.suspended
        for entry in entries(self.jobset):
            if not self.suspended and not all(reached(d, self.jobset, rows) for d in entry.get("dependsOn") or []):
                continue
            if not (blocking and self.old):
                self._make_entry(entry)
            self._switch([job for job in self.jobs if role(job) == entry["name"]], entry)
            if in_order and not started(entry, rows):
                self._startup(_RUNNING, "InOrderStartupPolicyInProgress", "in order startup policy is in progress")
                return
        if in_order:
            self._startup(_DONE, "InOrderStartupPolicyCompleted", "in order startup policy has completed")

    def _make_entry(self, entry: Obj) -> None:
        there = {job["metadata"]["name"] for job in (*self.jobs, *self.old)}
        for other, index in making.wanted(self.jobset):
            name = making.job_name(self.jobset, entry, index)
            if other["name"] != entry["name"] or name in there:
                continue
            job = making.job_of(self.jobset, entry, index, int(self.status["restarts"]), suspend=self.suspended)
            try:
                self.api.create(job, manager=MANAGER)
            except ApiError as error:
                if error.reason == "AlreadyExists":
                    raise
                text = f'job "{name}" creation failed with error: {error.message}'
                self.api.event(self.jobset, "Warning", "JobCreationFailed", text, component=MANAGER, action="Reconciling")
                raise

    def _switch(self, jobs: Sequence[Obj], entry: Obj) -> None:
        """Suspend or resume Jobs; what has been put into the pod template while it was suspended goes with it."""
        for job in jobs:
            if _ended(job) or bool(job["spec"].get("suspend")) == self.suspended:
                continue
            changed = copy.deepcopy(dict(job))
            changed["spec"]["suspend"] = self.suspended
            if not self.suspended:
                _take_over(changed["spec"]["template"], entry["template"]["spec"]["template"])
            self.api.update(changed, manager=MANAGER)

    def _delete(self, jobs: Sequence[Obj]) -> None:
        for job in jobs:
            meta = job["metadata"]
            if meta.get("deletionTimestamp"):
                continue
            try:
                self.api.delete("jobs.batch", meta["namespace"], meta["name"], uid=meta["uid"], propagation="Foreground", manager=MANAGER)
            except ApiError as error:
                if error.code != 404:
                    raise

    def _serve(self) -> None:
        if not dns(self.jobset):
            return
        wanted = making.service(self.jobset)
        if self.api.find("services", wanted["metadata"]["namespace"], wanted["metadata"]["name"]) is not None:
            return
        try:
            self.api.create(wanted, manager=MANAGER)
        except ApiError as error:
            text = f"headless service creation failed with error: {error.message}"
            self.api.event(self.jobset, "Warning", "HeadlessServiceCreationFailed", text, component=MANAGER, action="Reconciling")
            raise

    # -- ends and restarts

    def _fail(self, failed: Sequence[Obj]) -> None:
        first = min(failed, key=failed_at)
        if self.jobset["spec"].get("failurePolicy") is None:
            self._end("Failed", "FailedJobs", "jobset failed due to one or more job failures", first)
            return
        action, rule, job = verdict(self.jobset, failed)
        applying = f"applying {action} failure policy action"
        if action == FAIL:
            self._end("Failed", "FailJobSetFailurePolicyAction", applying, job)
            return
        counted = int(self.status.get("restartsCountTowardsMax", 0))
        if action != RESTART_FREE:
            if counted >= int(self.jobset["spec"]["failurePolicy"].get("maxRestarts", 0)):
                self._end("Failed", "ReachedMaxRestarts", "jobset failed due to reaching max number of restarts", job)
                return
            self.status["restartsCountTowardsMax"] = counted + 1
        self.status["restarts"] = int(self.status["restarts"]) + 1
        message, reason = _with_job(applying, job), f"FailurePolicy_{rule}" if rule else "DefaultFailurePolicy"
        self._condition("RestartingJobSet", "True", reason, message)
        self.events += [("Warning", f"{action}FailurePolicyAction", message), ("Warning", reason, message)]

    def _end(self, type: str, reason: str, message: str, job: Obj | None = None) -> None:
        done = type == "Completed"
        text = message if job is None else _with_job(message, job)
        if find_condition(self.jobset, "RestartingJobSet"):
            closing = ("JobSetCompleted", message) if done else ("JobSetFailed", "jobset failed")
            self._condition("RestartingJobSet", "False", *closing)
            self.events.append(("Normal", *closing))
        self._condition(type, "True", reason, text)
        self.status["terminalState"] = type
        self.events.append(("Normal" if done else "Warning", reason, text))

    def _restarted(self, rows: Sequence[Obj]) -> None:
        if condition_true(self.jobset, "RestartingJobSet") and not self.old and all(started(entry, rows) for entry in entries(self.jobset)):
            self._condition("RestartingJobSet", "False", "JobsReady", "all jobs are ready")
            self.events.append(("Normal", "JobsReady", "all jobs are ready"))

    def _suspension(self) -> None:
        condition = find_condition(self.jobset, "Suspended")
        if self.suspended == bool(condition and condition["status"] == "True") or (condition is None and not self.suspended):
            return
        said = ("SuspendedJobs", "jobset is suspended") if self.suspended else ("ResumeJobs", "jobset is resumed")
        self._condition("Suspended", "True" if self.suspended else "False", *said)
        self.events.append(("Normal", *said))

    def _startup(self, type: str, reason: str, message: str) -> None:
        """Set one of the two conditions of the startup policy; the other turns False and keeps its time."""
        other = find_condition(self.jobset, _DONE if type == _RUNNING else _RUNNING)
        if condition_true(self.jobset, type):
            return
        if other:
            other["status"] = "False"
        self._condition(type, "True", reason, message)
        self.events.append(("Normal", reason, message))

    def _condition(self, type: str, value: str, reason: str, message: str) -> None:
        condition = find_condition(self.jobset, type)
        if condition is None:
            condition = {"type": type}
            self.status.setdefault("conditions", []).append(condition)
        if condition.get("status") != value:
            condition["lastTransitionTime"] = timestamp(self.api.now())
        condition.update(status=value, reason=reason, message=message)

    def _time_to_live(self) -> float | None:
        limit = self.jobset["spec"].get("ttlSecondsAfterFinished")
        if limit is None:
            return None
        ended = next(c for kind in ("Completed", "Failed") if (c := find_condition(self.jobset, kind)) and c["status"] == "True")
        left = limit - (self.api.now() - parse_time(ended["lastTransitionTime"])).total_seconds()
        if left <= 0:
            meta = self.jobset["metadata"]
            self.api.delete(JOBSETS, meta["namespace"], meta["name"], uid=meta["uid"], propagation="Foreground", manager=MANAGER)
        return float(left)


def _ended(job: Obj) -> bool:
    return condition_true(job, "Complete") or condition_true(job, "Failed")


def _with_job(text: str, job: Obj) -> str:
    return f"{text} (first failed job: {job['metadata']['name']})"


def _take_over(template: Obj, source: Obj) -> None:
    meta, spec = template.setdefault("metadata", {}), source.get("spec") or {}
    for key in ("labels", "annotations"):
        meta[key] = {**(meta.get(key) or {}), **((source.get("metadata") or {}).get(key) or {})}
    for key in ("nodeSelector", "tolerations", "schedulingGates"):
        if spec.get(key):
            template["spec"][key] = copy.deepcopy(spec[key])
        else:
            template["spec"].pop(key, None)
