"""The controller of JobSets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from arena_job.local.keys import CONTROLLER, JOBSETS
from arena_job.local.sync import Sync
from arena_local.sdk.bundle import Api, Key, Obj


class JobSetController:
    """Reconciles JobSets: their Jobs, their Service, their status."""

    name = "jobset"
    resource = JOBSETS
    owns: tuple[str, ...] = ("jobs.batch", "services")
    watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {}

    def __init__(self, api: Api) -> None:
        self._api = api

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring Jobs and status in line with the JobSet; one that another manages is left alone."""
        jobset = self._api.find(self.resource, namespace, name)
        if jobset is None or jobset["metadata"].get("deletionTimestamp"):
            return None
        if jobset["spec"].get("managedBy", CONTROLLER) != CONTROLLER:
            return None
        return Sync(self._api, jobset).run()
