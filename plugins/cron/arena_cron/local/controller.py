"""The controller of KubeDL's Cron."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from arena_core.k8s import conditions, time
from arena_core.k8s.cron import Schedule, split_zone, zone_of
from arena_core.k8s.owners import controlled_by, reference
from arena_local.sdk.bundle import Api, ApiError, Key, Obj
from arena_local.sdk.crons import MANY, due, wait_for_next

RESOURCE = "crons.apps.kubedl.io"
MANAGER = "cron-operator"
LABEL = "kubedl.io/cron-name"
#: Conditions by which kinds say that a job has ended.
ENDS = ("Succeeded", "Failed", "Complete", "Completed")


class KubedlCronController:
    """Reconciles Crons. The kinds of their jobs are anybody's, so those that run are looked at from time to time."""

    name = "kubedl-cron"
    resource = RESOURCE
    owns: tuple[str, ...] = ()
    watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {}

    def __init__(self, api: Api) -> None:
        self._api = api

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Follow the jobs that were made, and make the next one when it is time."""
        cron = self._api.find(RESOURCE, namespace, name)
        if cron is None or cron["metadata"].get("deletionTimestamp"):
            return None
        return _Run(self._api, cron).go()


class _Run:
    """One look at one Cron."""

    def __init__(self, api: Api, cron: Obj) -> None:
        self.api = api
        self.cron = cron
        self.spec: Obj = cron["spec"]
        self.status: Obj = copy.deepcopy(cron.get("status") or {})
        self.now = api.now()

    def go(self) -> float | None:
        jobs = [obj for obj in self.api.owned(self.cron["metadata"]["uid"]) if controlled_by(obj, self.cron["metadata"]["uid"])]
        self._follow(jobs)
        again = self._next()
        self._save()
        active = self.api.setting("kubedl-cron.poll", 1.0) if self.status.get("active") else None
        waits = [one for one in (again, active) if one is not None]
        return min(waits, default=None)

    def _follow(self, jobs: Sequence[Obj]) -> None:
        """Move those that have ended from the active ones to the history."""
        there = {job["metadata"]["uid"]: job for job in jobs}
        still, history = [], list(self.status.get("history") or ())
        for row in self.status.get("active") or ():
            job = there.get(row["uid"])
            if job is None:
                continue
            if not any(conditions.is_true(job, type) for type in ENDS) and phase_of(job) not in ENDS:
                still.append(row)
                continue
            group = job["apiVersion"].rpartition("/")[0]
            about = {"apiGroup": group, "kind": job["kind"], "name": job["metadata"]["name"]}
            created, ended = job["metadata"]["creationTimestamp"], time.text(self.now)
            history.append({"object": about, "status": last_word(job), "created": created, "finished": ended})
        limit = self.spec.get("historyLimit")
        self._put("active", still)
        self._put("history", history if limit is None else history[max(0, len(history) - limit) :])

    def _put(self, key: str, rows: list[Any]) -> None:
        if rows:
            self.status[key] = rows
        else:
            self.status.pop(key, None)

    def _next(self) -> float | None:
        deadline = time.parse(self.spec.get("deadline"))
        if self.spec.get("suspend"):
            return None
        if deadline is not None and self.now > deadline:
            self._event("Normal", "Deadline", "cron has reach deadline and stop scheduling")
            return None
        zone, text = split_zone(self.spec["schedule"])
        try:
            schedule, place = Schedule(text), zone_of(zone)
        except ValueError as error:
            self._event("Warning", "InvalidSchedule", f"invalid schedule, err: {error}")
            return None
        since = time.read(self.status.get("lastScheduleTime") or self.cron["metadata"]["creationTimestamp"])
        when, missed = due(schedule, place, since, self.now)
        if missed > MANY:
            self._event("Warning", "TooManyMissedTimes", "too many missed start times. Set or decrease deadline or check clock skew")
        if when is not None:
            self._at(int(when.timestamp()))
            self.status["lastScheduleTime"] = time.text(when)
        return wait_for_next(schedule, place, self.now)

    def _at(self, moment: int) -> None:
        workload = (self.spec.get("template") or {}).get("workload")
        if not workload:
            self._event("Warning", "MissingWorkload", "workload is missing in the template")
            return
        named = (workload.get("metadata") or {}).get("name")
        policy, active = self.spec.get("concurrencyPolicy") or "Allow", list(self.status.get("active") or ())
        if named and policy != "Forbid":
            self._event("Normal", "OverridePolicy", "a template with a name of its own allows one job at a time")
            policy = "Forbid"
        if active and policy == "Forbid":
            self._event("Normal", "AlreadyActive", f"job {active[0]['name']} is still active")
            return
        if policy == "Replace":
            for row in active:  # it only forgets them: they go on
                self._event("Normal", "SuccessfulDelete", f"Deleted job {row['name']}")
            active = []
        self._make(workload, named or f"{self.cron['metadata']['name']}-{moment}", active)

    def _make(self, workload: Obj, name: str, active: list[Obj]) -> None:
        job = copy.deepcopy(workload)
        own = job.setdefault("metadata", {})
        own |= {"name": name, "namespace": self.cron["metadata"]["namespace"], "ownerReferences": [reference(self.cron)]}
        own["labels"] = {**(own.get("labels") or {}), LABEL: self.cron["metadata"]["name"]}
        job |= {key: self.spec["template"].get(key) or job.get(key) for key in ("apiVersion", "kind")}
        try:
            made = self.api.create(job, manager=MANAGER)
        except ApiError as error:
            self._event("Warning", "FailedCreate", f"Error creating job: {error.message}")
            return
        self._event("Normal", "SuccessfulCreate", f"Created job {name}")
        meta = made["metadata"]
        row = {"apiVersion": made["apiVersion"], "kind": made["kind"], "name": name, "namespace": meta["namespace"], "uid": meta["uid"]}
        self._put("active", [*active, row])

    def _save(self) -> None:
        if self.status != (self.cron.get("status") or {}):
            self.cron = self.api.update_status({**self.cron, "status": self.status}, manager=MANAGER)

    def _event(self, type: str, reason: str, message: str) -> None:
        self.api.event(self.cron, type, reason, message, component=MANAGER)


def phase_of(job: Obj) -> str:
    """Return the phase of a kind that has one in place of conditions."""
    status = job.get("status") or {}
    state = status.get("state")
    return str((state.get("phase") if isinstance(state, dict) else None) or status.get("phase") or status.get("jobStatus") or "").title()


def last_word(job: Obj) -> str:
    """Return the type of the job's last condition, or its phase."""
    rows = conditions.rows(job)
    return str(rows[-1].get("type")) if rows else phase_of(job)
