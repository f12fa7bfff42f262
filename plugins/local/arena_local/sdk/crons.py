"""What makes jobs at times: Kubernetes' CronJob controller, and Volcano's, which is made after it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from arena_core.k8s import owners, time
from arena_core.k8s.cron import Schedule, zone_of
from arena_local.sdk.bundle import Api, ApiError, Key, Obj
from arena_local.sdk.owners import controlled

#: More missed times than these are told of.
MANY = 100
#: A moment later than the time itself, so that a clock which is a little behind does not wake up before it.
SLACK = 0.1


@dataclass(frozen=True)
class CronKind:
    """A kind that makes jobs at times, and what of it differs from others.

    ``outcome`` of a child: ``Complete``, ``Failed``, any other word for an end that is never cleaned away, "" while it is active.
    """

    resource: str
    child: str
    child_kind: str
    api_version: str
    component: str
    annotation: str
    outcome: Callable[[Obj], str]
    ended: Callable[[Obj], str]
    words: Mapping[str, str] = field(default_factory=dict)

    def word(self, reason: str) -> str:
        """Return the reason of an event as this kind's controller says it."""
        return self.words.get(reason, reason)


def due(schedule: Schedule, zone: tzinfo, since: datetime, now: datetime) -> tuple[datetime | None, int]:
    """Return the last time that has come since then, and how many have (no more are counted than ``MANY`` and one)."""
    missed = 0
    for _ in schedule.between(since, now, zone):
        missed += 1
        if missed > MANY:
            break
    return (schedule.latest(since, now, zone) if missed else None), missed


def wait_for_next(schedule: Schedule, zone: tzinfo, now: datetime) -> float | None:
    """Return the seconds until the next time, None where there is none."""
    following = schedule.after(now, zone)
    return None if following is None else (following - now).total_seconds() + SLACK


class CronController:
    """Reconciles the objects of one such kind."""

    watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {}

    def __init__(self, api: Api, kind: CronKind) -> None:
        self._api = api
        self.kind = kind
        self.name = kind.component
        self.resource = kind.resource
        self.owns: tuple[str, ...] = (kind.child,)

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Follow the jobs that were made, clean up, and make the next one when it is time."""
        cron = self._api.find(self.resource, namespace, name)
        if cron is None or cron["metadata"].get("deletionTimestamp"):
            return None
        return _Run(self._api, self.kind, cron).go()


class _Run:
    """One look at one object."""

    def __init__(self, api: Api, kind: CronKind, cron: Obj) -> None:
        self.api = api
        self.kind = kind
        self.cron = cron
        self.spec: Obj = cron["spec"]
        self.status: Obj = copy.deepcopy(cron.get("status") or {})
        self.now = api.now()

    def go(self) -> float | None:
        children = controlled(self.api, self.kind.child, self.cron)
        self._follow(children)
        self._clean(children)
        self._save()
        if self.spec.get("suspend"):
            return None
        try:
            schedule = Schedule(self.spec["schedule"])
        except ValueError as error:
            self._event("Warning", "UnparseableSchedule", f'unparseable schedule: "{self.spec["schedule"]}" : {error}')
            return None
        try:
            zone = zone_of(self.spec.get("timeZone") or "")
        except ValueError as error:
            self._event("Warning", "UnknownTimeZone", f'invalid timeZone: "{self.spec["timeZone"]}": {error}')
            return None
        return self._at_its_time(schedule, zone)

    def _follow(self, children: Sequence[Obj]) -> None:
        """Take those that have ended, or are gone, off the list of the active ones."""
        active = {ref["uid"]: ref for ref in self.status.get("active") or ()}
        for child in children:
            name, uid, outcome = child["metadata"]["name"], child["metadata"]["uid"], self.kind.outcome(child)
            if outcome and uid in active:
                del active[uid]
                self._event("Normal", "SawCompletedJob", f"Saw completed job: {name}, condition: {outcome}")
                ended = self.kind.ended(child)
                if outcome == "Complete" and ended > self.status.get("lastSuccessfulTime", ""):
                    self.status["lastSuccessfulTime"] = ended
            elif not outcome and uid not in active and not child["metadata"].get("deletionTimestamp"):
                said = f"Saw a job that the controller did not create or forgot: {name}"
                self._event("Warning", "UnexpectedJob", said)
        there = {child["metadata"]["uid"] for child in children}
        for uid in active.keys() - there:
            self._event("Normal", "MissingJob", f"Active job went missing: {active.pop(uid)['name']}")
        self._put_active(list(active.values()))

    def _put_active(self, active: list[Obj]) -> None:
        if active:
            self.status["active"] = active
        else:
            self.status.pop("active", None)

    def _clean(self, children: Sequence[Obj]) -> None:
        """Delete the oldest of those that have ended, beyond what is to be kept."""
        for outcome, limit in (("Complete", "successfulJobsHistoryLimit"), ("Failed", "failedJobsHistoryLimit")):
            keep = self.spec.get(limit)
            ended = [child for child in children if self.kind.outcome(child) == outcome and not child["metadata"].get("deletionTimestamp")]
            for child in ended[: max(0, len(ended) - keep)] if keep is not None else ():
                self._delete(child["metadata"])

    def _delete(self, meta: Obj) -> None:
        try:
            namespace = self.cron["metadata"]["namespace"]
            self.api.delete(self.kind.child, namespace, meta["name"], uid=meta["uid"], manager=self.kind.component)
        except ApiError as error:
            if error.code != 404:
                raise
        self._event("Normal", "SuccessfulDelete", f"Deleted job {meta['name']}")

    def _at_its_time(self, schedule: Schedule, zone: tzinfo) -> float | None:
        deadline = self.spec.get("startingDeadlineSeconds")
        since = time.read(self.status.get("lastScheduleTime") or self.cron["metadata"]["creationTimestamp"])
        if deadline is not None:
            since = max(since, self.now - timedelta(seconds=deadline))
        when, missed = due(schedule, zone, since, self.now)
        again = wait_for_next(schedule, zone, self.now)
        if when is None:
            return again
        if missed > MANY:
            said = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
            self._event("Warning", "TooManyMissedTimes", said)
        active = list(self.status.get("active") or ())
        policy = self.spec.get("concurrencyPolicy") or "Allow"
        if policy == "Forbid" and active:
            said = "Not starting job because prior execution is running and concurrency policy is Forbid"
            self._event("Normal", "JobAlreadyActive", said)
            return again
        if policy == "Replace":
            for ref in active:
                self._delete(ref)
            active = []
        self._make(when, zone, active)
        return again

    def _make(self, when: datetime, zone: tzinfo, active: list[Obj]) -> None:
        child = child_of(self.cron, self.kind, when, zone)
        try:
            made = self.api.create(child, manager=self.kind.component)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                self._event("Warning", "FailedCreate", f"Error creating job: {error.message}")
                raise
            made = self.api.get(self.kind.child, self.cron["metadata"]["namespace"], child["metadata"]["name"])
            if not owners.controlled_by(made, self.cron["metadata"]["uid"]):
                raise
        else:
            self._event("Normal", "SuccessfulCreate", f"Created job {made['metadata']['name']}")
        if not self.kind.outcome(made):
            active.append(reference_to(made))
        self._put_active(active)
        self.status["lastScheduleTime"] = time.text(when)
        self._save()

    def _save(self) -> None:
        if self.status != (self.cron.get("status") or {}):
            self.cron = self.api.update_status({**self.cron, "status": copy.deepcopy(self.status)}, manager=self.kind.component)

    def _event(self, type: str, reason: str, message: str) -> None:
        self.api.event(self.cron, type, self.kind.word(reason), message, component=self.kind.component)


def child_of(cron: Obj, kind: CronKind, when: datetime, zone: tzinfo) -> Obj:
    """Return the job that is made at a time: named by its minute, so that none is made twice."""
    template: Obj = copy.deepcopy(cron["spec"]["jobTemplate"])
    given: dict[str, Any] = template.get("metadata") or {}
    own = {key: given[key] for key in ("labels", "annotations") if given.get(key)}
    stamp = when.astimezone(zone).isoformat().replace("+00:00", "Z")
    own["annotations"] = {**own.get("annotations", {}), kind.annotation: stamp}
    own |= {
        "name": f"{cron['metadata']['name']}-{int(when.timestamp()) // 60}",
        "namespace": cron["metadata"]["namespace"],
        "ownerReferences": [owners.reference(cron)],
    }
    return {"apiVersion": kind.api_version, "kind": kind.child_kind, "metadata": own, "spec": template["spec"]}


def reference_to(obj: Obj) -> Obj:
    """Return how a status names an object."""
    own = obj["metadata"]
    return {
        "apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": own["name"], "namespace": own["namespace"],
        "resourceVersion": own["resourceVersion"], "uid": own["uid"],
    }  # fmt: skip
