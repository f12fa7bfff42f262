"""One pass over one Job."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from arena_core.k8s import conditions, time
from arena_local.controllers.job import backoff, pods_of
from arena_local.controllers.job.indexes import compress, index_of, parse
from arena_local.controllers.job.pods_of import FINALIZER, MANAGER, without_finalizer
from arena_local.controllers.job.policy import match_failure, match_success
from arena_local.sdk import pods as podlib
from arena_local.sdk.bundle import Api, ApiError, Obj

__all__ = ["FINALIZER", "MANAGER", "JobSync", "without_finalizer"]

#: Pods made, or counted, in one pass: others must get their turn on the loop.
_BURST = 100
_COMPLETED = ("CompletionsReached", "Reached expected number of succeeded pods")
_BACKOFF = ("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
_DEADLINE = ("FailureTarget", "DeadlineExceeded", "Job was active longer than specified deadline")


class JobSync:
    """The state of one reconcile: counts as they are while pods are made and deleted."""

    def __init__(self, api: Api, job: Obj, records: dict[str, backoff.Record] | None = None) -> None:
        self.api = api
        self.records = {} if records is None else records
        self.job: Obj = copy.deepcopy(dict(job))
        self.spec: Obj = self.job["spec"]
        self.status: Obj = self.job.setdefault("status", {})
        self.deleting = bool(self.job["metadata"].get("deletionTimestamp"))
        self.indexed = self.spec.get("completionMode") == "Indexed"
        self.per_index = self.spec.get("backoffLimitPerIndex") is not None
        self.only_failed = self.spec.get("podReplacementPolicy") == "Failed"
        self.pods = pods_of.claimed(api, self.job)
        self.active = [pod for pod in self.pods if podlib.active(pod)]
        self.after: float | None = None
        self.more = False
        self.target: tuple[str, str, str] | None = None
        self._count()

    # -- counting ------------------------------------------------------------------------------------------------------------------

    def _failed(self, pod: Obj) -> bool:
        """Whether the pod counts as failed: a deleted one does too, unless only failed ones are to be replaced."""
        if podlib.phase(pod) == "Failed":
            return True
        return not self.only_failed and podlib.terminating(pod) and podlib.phase(pod) != "Succeeded"

    def _count(self) -> None:
        uncounted = self.status.get("uncountedTerminatedPods") or {}
        self.uncounted: dict[str, list[str]] = {k: list(uncounted.get(k) or ()) for k in ("succeeded", "failed")}
        known = {*self.uncounted["succeeded"], *self.uncounted["failed"]}
        fresh = [pod for pod in self.pods if FINALIZER in (pod["metadata"].get("finalizers") or ()) and pod["metadata"]["uid"] not in known]
        self.new_succeeded = [pod for pod in fresh if podlib.phase(pod) == "Succeeded"]
        self.new_failed = [pod for pod in fresh if self._failed(pod) and match_failure(self.job, pod).counted]
        self.failed = self.status.get("failed", 0) + len(self.uncounted["failed"]) + len(self.new_failed)
        self.succeeded_indexes: set[int] = set()
        self.failed_indexes: set[int] = set()
        if self.indexed:
            total = self.spec.get("completions") or 0
            done = {index_of(pod) for pod in self.pods if podlib.phase(pod) == "Succeeded"}
            self.succeeded_indexes = parse(self.status.get("completedIndexes", "")) | {i for i in done if i is not None and i < total}
            self.succeeded = len(self.succeeded_indexes)
            if self.per_index:
                self.failed_indexes = parse(self.status.get("failedIndexes", "")) | pods_of.failed_indexes(
                    self.job, self.pods, self._failed
                )
                self.failed_indexes -= self.succeeded_indexes
        else:
            self.succeeded = self.status.get("succeeded", 0) + len(self.uncounted["succeeded"]) + len(self.new_succeeded)
        self.ready = len([pod for pod in self.active if podlib.ready(pod)])
        self.terminating = len([pod for pod in self.pods if podlib.terminating(pod) and not podlib.finished(pod)])

    # -- the pass ------------------------------------------------------------------------------------------------------------------

    def run(self) -> float | None:
        """Do the pass; returns when to come back."""
        before = copy.deepcopy(self.status)
        record = self._record()
        if not self.status.get("startTime") and not self.spec.get("suspend"):
            self.status["startTime"] = time.text(self.api.now())
        self.target = self._known_target() or self._failure() or self._index_outcome()
        error: ApiError | None = None
        if self.target is not None:
            self._delete(self.active, release=False)
        elif not self.deleting:
            error = self._manage()
            if self._complete():
                self.target = ("SuccessCriteriaMet", *_COMPLETED)
            else:
                self._suspension()
        if not self.deleting and self.spec.get("activeDeadlineSeconds") is not None and self.target is None:
            self._come_back(self._deadline_left())
        self.status.pop("active", None)
        if self.active:
            self.status["active"] = len(self.active)
        self.status.update(terminating=self.terminating, ready=self.ready)
        self.status.setdefault("uncountedTerminatedPods", {})
        self._track(before)
        self.records[self.job["metadata"]["uid"]] = record
        if error is not None:
            raise error
        return self.after

    def _come_back(self, seconds: float | None) -> None:
        if seconds is not None:
            self.after = seconds if self.after is None else min(self.after, seconds)

    def _known_target(self) -> tuple[str, str, str] | None:
        for type in ("FailureTarget", "SuccessCriteriaMet"):
            condition = conditions.find(self.job, type)
            if condition and condition["status"] == "True":
                return (type, condition.get("reason", ""), condition.get("message", ""))
        return None

    def _failure(self) -> tuple[str, str, str] | None:
        for pod in self.pods:
            if self._failed(pod):
                match = match_failure(self.job, pod)
                if match.action == "FailJob":
                    return ("FailureTarget", "PodFailurePolicy", match.message)
        limit = self.spec.get("backoffLimit", 6)
        if self.failed > limit or pods_of.restarts_exceed(self.job, self.pods, limit):
            return _BACKOFF
        left = self._deadline_left()
        return _DEADLINE if left is not None and left <= 0 else None

    def _deadline_left(self) -> float | None:
        limit, start = self.spec.get("activeDeadlineSeconds"), self.status.get("startTime")
        if limit is None or not start or self.spec.get("suspend"):
            return None
        return float(limit - (self.api.now() - time.read(start)).total_seconds())

    def _index_outcome(self) -> tuple[str, str, str] | None:
        if not self.indexed:
            return None
        if self.per_index and self.failed_indexes:
            most = self.spec.get("maxFailedIndexes")
            if most is not None and len(self.failed_indexes) > most:
                return ("FailureTarget", "MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes")
            if len(self.failed_indexes) + self.succeeded >= (self.spec.get("completions") or 0):
                return ("FailureTarget", "FailedIndexes", "Job has failed indexes")
        message = match_success(self.job, self.succeeded_indexes)
        return ("SuccessCriteriaMet", "SuccessPolicy", message) if message else None

    def _complete(self) -> bool:
        if self.spec.get("completions") is None:
            return self.succeeded > 0 and not self.active
        return self.succeeded >= self.spec["completions"] and not self.active

    def _suspension(self) -> None:
        now = time.text(self.api.now())
        condition = conditions.find(self.job, "Suspended")
        suspended = bool(condition and condition["status"] == "True")
        if bool(self.spec.get("suspend")) == suspended or (condition is None and not self.spec.get("suspend")):
            return
        wanted = ("True", "JobSuspended", "Job suspended") if self.spec.get("suspend") else ("False", "JobResumed", "Job resumed")
        if condition is None:
            condition = {"type": "Suspended"}
            self.status.setdefault("conditions", []).append(condition)
        condition.update(status=wanted[0], reason=wanted[1], message=wanted[2], lastProbeTime=now, lastTransitionTime=now)
        if self.spec.get("suspend"):
            self.status.pop("startTime", None)
        else:
            self.status["startTime"] = now
            self._come_back(self._deadline_left())
        self.api.event(self.job, "Normal", "Suspended" if wanted[0] == "True" else "Resumed", wanted[2], component=MANAGER)

    # -- pods ----------------------------------------------------------------------------------------------------------------------

    def _manage(self) -> ApiError | None:
        if self.spec.get("suspend"):
            self._delete(self.active, release=True)
            return None
        wanted = self._wanted()
        surplus = len(self.active) - wanted
        doomed = pods_of.for_removal(self.job, self.active, surplus, self.succeeded_indexes | self.failed_indexes)
        if doomed:
            self._delete(doomed, release=True)
            return None
        missing = wanted - len(self.active) - (self.terminating if self.only_failed else 0)
        if missing <= 0:
            return None
        if not self.per_index:
            left = self._record().remaining(self.api)
            if left > 0:
                self._come_back(left)
                return None
        if missing > _BURST:
            self._come_back(0.0)
        return self._create(min(missing, _BURST))

    def _record(self) -> backoff.Record:
        """Return the failures so far; of a Job that is seen for the first time, those of its pods."""
        known = self.records.get(self.job["metadata"]["uid"])
        if known is not None:
            return known.after(self.new_succeeded, self.new_failed)
        succeeded = [pod for pod in self.pods if podlib.phase(pod) == "Succeeded"]
        return backoff.Record().after(succeeded, [pod for pod in self.pods if self._failed(pod)])

    def _wanted(self) -> int:
        parallelism = int(self.spec.get("parallelism", 1))
        if self.spec.get("completions") is None:
            return len(self.active) if self.succeeded else parallelism
        open_ = int(self.spec["completions"]) - self.succeeded - len(self.failed_indexes)
        return max(0, min(parallelism, open_))

    def _create(self, count: int) -> ApiError | None:
        places: Sequence[tuple[int | None, int]] = [(None, 0)] * count
        if self.indexed:
            places, wait = pods_of.pending_indexes(
                self.api, self.job, self.pods, self.succeeded_indexes | self.failed_indexes, count, self._failed, self.only_failed
            )
            self._come_back(wait)
        for index, failures in places:
            try:
                pod = self.api.create(pods_of.new_pod(self.job, index, failures if self.per_index else None), manager=MANAGER)
            except ApiError as error:
                self.api.event(self.job, "Warning", "FailedCreate", f"Error creating: {error.message}", component=MANAGER)
                return error
            self.active.append(pod)
            self.api.event(self.job, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}", component=MANAGER)
        return None

    def _delete(self, doomed: Sequence[Obj], *, release: bool) -> None:
        """Delete active pods; ``release`` takes the finalizer first, so that they do not count as failed."""
        gone = set()
        for pod in doomed:
            meta = pod["metadata"]
            try:
                if release:
                    without_finalizer(self.api, pod)
                self.api.delete("pods", meta["namespace"], meta["name"], uid=meta["uid"], manager=MANAGER)
            except ApiError as error:
                if error.code != 404:
                    raise
            gone.add(meta["uid"])
            self.ready -= podlib.ready(pod)
            self.api.event(self.job, "Normal", "SuccessfulDelete", f"Deleted pod: {meta['name']}", component=MANAGER)
        if gone:
            self.active = [pod for pod in self.active if pod["metadata"]["uid"] not in gone]
            self.pods = pods_of.claimed(self.api, self.job)
            self.terminating = len([pod for pod in self.pods if podlib.terminating(pod) and not podlib.finished(pod)])

    # -- status --------------------------------------------------------------------------------------------------------------------

    def _track(self, before: Obj) -> None:
        """Write which pods are about to be counted, take their finalizers, then count them (each exactly once)."""
        leaving = self._leaving()
        if self.target is not None and conditions.find(self.job, self.target[0]) is None:
            self._append(self.target[0], self.target)
        if self.indexed:
            self._write_indexes()
        lists = {key: value for key, value in self.uncounted.items() if value}
        self.status["uncountedTerminatedPods"] = lists
        if self.status != before:
            self._flush()
            before = copy.deepcopy(self.status)
        for pod in leaving:
            without_finalizer(self.api, pod)
        if not self.deleting:
            for key, uids in lists.items():
                self.status[key] = self.status.get(key, 0) + len(uids)
        self.status["uncountedTerminatedPods"] = {}
        self._finish()
        if self.status != before:
            self._flush()

    def _leaving(self) -> list[Obj]:
        """Return the pods that give up their finalizer now, and note those that are to be counted."""
        leaving: list[Obj] = []
        failing = self.target is not None and self.target[0] == "FailureTarget"
        for pod in self.pods:
            meta = pod["metadata"]
            if FINALIZER not in (meta.get("finalizers") or ()):
                continue
            failed = self._failed(pod)
            if not (self.deleting or failed or podlib.phase(pod) == "Succeeded" or self.target is not None):
                continue
            if len(leaving) == _BURST:
                self._come_back(0.0)
                self.more = True
                break
            leaving.append(pod)
            if self.deleting or meta["uid"] in self.uncounted["succeeded"] or meta["uid"] in self.uncounted["failed"]:
                continue
            if podlib.phase(pod) == "Succeeded":
                if not self.indexed:
                    self.uncounted["succeeded"].append(meta["uid"])
            elif (failed or failing) and match_failure(self.job, pod).counted:
                self.uncounted["failed"].append(meta["uid"])
        return leaving

    def _write_indexes(self) -> None:
        self.status.pop("succeeded", None)
        values: dict[str, Any] = {"succeeded": self.succeeded, "completedIndexes": compress(self.succeeded_indexes)}
        self.status.update({key: value for key, value in values.items() if value})
        if self.per_index:
            self.status["failedIndexes"] = compress(self.failed_indexes)

    def _append(self, type: str, target: tuple[str, str, str]) -> None:
        now = time.text(self.api.now())
        condition = {"type": type, "status": "True", "reason": target[1], "message": target[2]}
        self.status.setdefault("conditions", []).append({**condition, "lastProbeTime": now, "lastTransitionTime": now})

    def _finish(self) -> None:
        """Write the last condition once no pod is left to end."""
        if self.target is None or self.terminating or self.deleting or self.more:
            return
        success = self.target[0] == "SuccessCriteriaMet"
        self._append("Complete" if success else "Failed", self.target)
        if success:
            self.status["completionTime"] = time.text(self.api.now())
            self.api.event(self.job, "Normal", "Completed", "Job completed", component=MANAGER)
        else:
            self.api.event(self.job, "Warning", self.target[1], self.target[2], component=MANAGER)

    def _flush(self) -> None:
        stored = self.api.update_status(self.job, manager=MANAGER)
        self.job["metadata"] = copy.deepcopy(stored["metadata"])
