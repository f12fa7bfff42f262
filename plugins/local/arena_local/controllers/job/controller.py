"""The Job controller: makes pods, counts them once by their finalizer, and writes the conditions in two steps as the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from arena_core.k8s import conditions, owners
from arena_local.controllers.job.backoff import Record
from arena_local.controllers.job.sync import FINALIZER, MANAGER, JobSync, without_finalizer
from arena_local.sdk.bundle import Api, ApiError, Key, Obj


class JobController:
    """Reconciles batch/v1 Jobs."""

    name = "job"
    resource = "jobs.batch"
    owns: tuple[str, ...] = ("pods",)
    watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {}

    def __init__(self, api: Api) -> None:
        self._api = api
        self._records: dict[str, Record] = {}
        self._uids: dict[Key, str] = {}
        # Kubernetes gathers a Job's pod changes for a second, which is as long as its kubelet takes from the end of the containers
        # to the end of the pod; here both are shorter.
        self.batch = api.setting("job.batch", 0.12)

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring pods and status of the Job in line with its spec."""
        job = self._api.find(self.resource, namespace, name)
        self._release_orphans(namespace, name, job)
        uid = self._uids.get((namespace, name))
        if uid is not None and (job is None or job["metadata"]["uid"] != uid):
            self._records.pop(uid, None)
            del self._uids[(namespace, name)]
        if job is None or job["spec"].get("managedBy", "kubernetes.io/job-controller") != "kubernetes.io/job-controller":
            return None
        if conditions.is_true(job, "Complete") or conditions.is_true(job, "Failed"):
            self._records.pop(job["metadata"]["uid"], None)
            return None
        self._uids[(namespace, name)] = job["metadata"]["uid"]
        return JobSync(self._api, job, self._records).run()

    def _release_orphans(self, namespace: str, name: str, job: Obj | None) -> None:
        """Take the finalizer from pods whose Job is gone (or was replaced by another of the same name)."""
        uid = job["metadata"]["uid"] if job else ""
        if job is not None and job.get("status"):
            return
        for pod in self._api.list("pods", namespace, {"batch.kubernetes.io/job-name": name}):
            if FINALIZER not in (pod["metadata"].get("finalizers") or ()):
                continue
            owner = owners.controller_of(pod)
            if owner is None or (owner["kind"] == "Job" and owner["uid"] != uid):
                try:
                    without_finalizer(self._api, pod)
                except ApiError as error:
                    if error.code != 404:
                        raise


__all__ = ["MANAGER", "JobController"]
