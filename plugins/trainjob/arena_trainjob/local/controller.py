"""The controller of TrainJobs: one JobSet for each, and its end as theirs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping

from arena_core.k8s import conditions, time
from arena_local.sdk.bundle import Api, ApiError, Key, Obj
from arena_trainjob.local import mpi
from arena_trainjob.local.build import jobset
from arena_trainjob.local.names import JOBSETS, MANAGER, TRAINJOBS, entries, runtime_of

COMPONENT = "trainjob-controller"
DEADLINE = "DeadlineExceeded"
_PLACED = ("nodeSelector", "tolerations", "schedulingGates")


class TrainJobController:
    """Reconciles TrainJobs: their JobSet, their conditions, their counts of Jobs."""

    name = "trainjob"
    resource = TRAINJOBS
    owns: tuple[str, ...] = (JOBSETS,)
    watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {}

    def __init__(self, api: Api) -> None:
        self._api = api

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring the JobSet in line with the job, and the job's status with the JobSet."""
        job = self._api.find(self.resource, namespace, name)
        if job is None or job["metadata"].get("deletionTimestamp"):
            return None
        failed = conditions.find(job, "Failed") or {}
        if conditions.is_true(job, "Complete") or (failed.get("status") == "True" and failed.get("reason") == DEADLINE):
            return None
        job = copy.deepcopy(dict(job))
        before = copy.deepcopy(job.get("status"))
        left = self._deadline(job)
        if left is None or left > 0:
            self._make(job)
            self._follow(job)
        if (job.get("status") or {}) != (before or {}):
            self._api.update_status(job, manager=MANAGER)
        return left if left is not None and left > 0 else None

    def _make(self, job: Obj) -> None:
        """Make what belongs to the job, or change it while it is suspended."""
        try:
            runtime = runtime_of(self._api, job)
            if runtime is None:
                raise ApiError(404, "NotFound", "the runtime does not exist any more")
            mpi.ensure(self._api, job, runtime)
            wanted, found = jobset(job, runtime), self._jobset(job)
            if found is None:
                self._api.create(wanted, manager=MANAGER)
            elif found["spec"].get("suspend") or wanted["spec"]["suspend"]:
                changed = _changed(found, wanted)
                if changed != found:
                    self._api.update(changed, manager=MANAGER)
        except ApiError as error:
            text = f"Failed to create resources: {error.message}"
            self._api.event(job, "Warning", "TrainJobResourcesCreationFailed", text, component=COMPONENT, action="Reconciling")
        self._suspended(job)

    def _jobset(self, job: Obj) -> Obj | None:
        meta = job["metadata"]
        found = self._api.find(JOBSETS, meta["namespace"], meta["name"])
        return None if found is None or found["metadata"].get("deletionTimestamp") else found

    def _suspended(self, job: Obj) -> None:
        if job["spec"].get("suspend"):
            self._put(job, "Suspended", "True", "Suspended", "TrainJob is suspended")
        elif conditions.is_true(job, "Suspended"):
            self._put(job, "Suspended", "False", "Resumed", "TrainJob is resumed")

    def _follow(self, job: Obj) -> None:
        """Copy the end and the counts of the JobSet; without one the job has neither."""
        found = self._jobset(job)
        status: Obj = job.setdefault("status", {})
        for kind, own in (("Completed", "Complete"), ("Failed", "Failed")):
            ended = conditions.find(found or {}, kind) or {}
            if ended.get("status") == "True":
                self._put(job, own, "True", str(ended.get("reason", "")), str(ended.get("message", "")))
            elif own == "Failed" and status.get("conditions"):
                status["conditions"] = [c for c in status["conditions"] if c["type"] != "Failed"]
        rows = (found or {}).get("status", {}).get("replicatedJobsStatus") or []
        status["jobsStatus"] = sorted(copy.deepcopy(rows), key=lambda row: str(row["name"]), reverse=True)
        for field in ("jobsStatus", "conditions"):
            if not status.get(field):
                status.pop(field, None)

    def _put(self, job: Obj, type: str, value: str, reason: str, message: str) -> None:
        status: Obj = job.setdefault("status", {})
        found = conditions.find(job, type)
        if found and (found["status"], found.get("reason")) == (value, reason):
            return
        new = {"type": type, "status": value, "reason": reason, "message": message, "lastTransitionTime": time.text(self._api.now())}
        kept = [new if c["type"] == type else c for c in status.get("conditions") or []]
        status["conditions"] = kept if found else [*kept, new]

    def _deadline(self, job: Obj) -> float | None:
        """Return the seconds that are left; at the end of them the JobSet goes, and its logs with it."""
        limit = job["spec"].get("activeDeadlineSeconds")
        if limit is None or job["spec"].get("suspend") or conditions.is_true(job, "Failed"):
            return None
        resumed = conditions.find(job, "Suspended") or {}
        since = resumed.get("lastTransitionTime") or job["metadata"]["creationTimestamp"]
        left = float(limit - (self._api.now() - time.read(since)).total_seconds())
        if left <= 0:
            self._put(job, "Failed", "True", DEADLINE, "TrainJob exceeded its active deadline")
            if (found := self._jobset(job)) is not None:
                meta = found["metadata"]
                self._api.delete(JOBSETS, meta["namespace"], meta["name"], uid=meta["uid"], manager=MANAGER)
        return left


def _changed(found: Obj, wanted: Obj) -> Obj:
    """Return a JobSet as it is to be: whether it is suspended, and what may change of its pod templates meanwhile."""
    changed = copy.deepcopy(dict(found))
    changed["spec"]["suspend"] = wanted["spec"]["suspend"]
    if not found["spec"].get("suspend"):
        return changed
    new = {entry["name"]: entry for entry in entries(wanted["spec"])}
    for entry in entries(changed["spec"]):
        if entry["name"] not in new:
            continue
        template, other = (one["template"]["spec"]["template"] for one in (entry, new[entry["name"]]))
        meta = other.get("metadata") or {}
        template["metadata"] = {key: meta[key] for key in ("labels", "annotations") if meta.get(key)}
        for field in _PLACED:
            if other["spec"].get(field):
                template["spec"][field] = copy.deepcopy(other["spec"][field])
            else:
                template["spec"].pop(field, None)
    return changed
