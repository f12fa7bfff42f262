"""One look at a job: the job, its pods and how its status is written."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from arena_core.k8s import owners, time
from arena_local.sdk.bundle import Api, ApiError, Obj
from arena_volcano.localcluster import keys
from arena_volcano.localcluster.keys import meta, status_of

#: Changes a status in place and returns whether the phase has changed.
Step = Callable[[dict[str, Any]], bool]


@dataclass
class Work:
    """A job as it is now, with its pods."""

    api: Api
    job: Obj
    pods: list[Obj] = field(default_factory=list)

    @classmethod
    def load(cls, api: Api, namespace: str, name: str) -> Work | None:
        """Read the job and its pods; None if it is gone or going."""
        job = api.find(keys.JOBS, namespace, name)
        if job is None or meta(job).get("deletionTimestamp"):
            return None
        uid = meta(job)["uid"]
        return cls(api, job, [pod for pod in api.owned(uid, "pods") if owners.controlled_by(pod, uid)])

    @property
    def status(self) -> dict[str, Any]:
        """The job's status."""
        return status_of(self.job)

    @property
    def phase(self) -> str:
        """The job's phase."""
        return str((self.status.get("state") or {}).get("phase", ""))

    @property
    def now(self) -> datetime:
        """The current time."""
        return self.api.now()

    def event(self, type: str, reason: str, message: str) -> None:
        """Record an event on the job."""
        self.api.event(self.job, type, reason, message, component=keys.CONTROLLER)

    def write(self, status: dict[str, Any], *, stamp: bool = True) -> None:
        """Write a status whose phase stands in ``state``; the last condition is of that phase and of this moment."""
        if stamp:
            moment = time.text(self.now)
            status["state"] = {**status["state"], "lastTransitionTime": moment}
            conditions = copy.deepcopy(status.get("conditions") or [])
            entry = {"status": status["state"]["phase"], "lastTransitionTime": moment}
            if conditions and conditions[-1].get("status") == entry["status"]:
                conditions[-1] = entry
            else:
                # a phase that comes back is told once, at its new place
                conditions = [old for old in conditions if old.get("status") != entry["status"]] + [entry]
            status["conditions"] = conditions
        clean = {key: value for key, value in status.items() if value not in (0, {}, None)}
        self.job = self.api.update_status({**self.job, "status": clean}, manager=keys.CONTROLLER)

    def age(self) -> float:
        """Return the seconds since the job was made."""
        return max(0.0, (self.now - time.read(meta(self.job)["creationTimestamp"])).total_seconds())

    def delete_pod(self, pod: Obj) -> bool:
        """Delete a pod unless it is on its way out; returns whether it was deleted now."""
        if meta(pod).get("deletionTimestamp"):
            return False
        try:
            self.api.delete("pods", meta(pod)["namespace"], meta(pod)["name"], uid=meta(pod)["uid"], manager=keys.CONTROLLER)
        except ApiError as error:
            if error.code not in (404, 409):
                raise
        return True
