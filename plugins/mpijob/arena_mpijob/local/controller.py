"""The reconcile of one MPIJob, in the operator's order: validation, the end, what the pods need, workers, launcher, status."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence

from arena_core.k8s import time
from arena_core.k8s.owners import controlled_by
from arena_local.sdk.bundle import Api, ApiError, Key, Obj
from arena_local.sdk.pods import phase, ready, terminating
from arena_local.training.recorder import Recorder
from arena_mpijob.local import objects, validation
from arena_mpijob.local.conditions import is_true, put
from arena_mpijob.local.names import COMPONENT, JOB_LABEL, MANAGER, OPERATOR_LABEL, RESOURCE, ROLE_LABEL, WORKER, View, view
from arena_mpijob.local.status import counters, ended, update

JOBS = "jobs.batch"


class Taken(Exception):
    """Something of somebody else's has the name that is needed; tried again, as after any error."""


def of_launcher(pod: Obj) -> Iterable[Key]:
    """Lead from a launcher's pod, which belongs to the batch Job, to the MPIJob."""
    labels = pod["metadata"].get("labels") or {}
    if labels.get(OPERATOR_LABEL) == MANAGER and labels.get(ROLE_LABEL) == "launcher" and labels.get(JOB_LABEL):
        yield pod["metadata"].get("namespace", ""), labels[JOB_LABEL]


class MPIJobController:
    """Reconciles MPIJobs of v2beta1."""

    name = COMPONENT
    resource = RESOURCE
    owns: tuple[str, ...] = ("pods", "services", "configmaps", "secrets", JOBS)

    def __init__(self, api: Api) -> None:
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {"pods": of_launcher}
        self._api = api
        self._recorder = Recorder(api, COMPONENT)

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring everything of a job in line with it; deadline and time to live are the launcher's Job's own."""
        job = self._api.find(RESOURCE, namespace, name)
        if job is None:
            self._recorder.forget((namespace, name))
            return None
        if job["metadata"].get("deletionTimestamp"):
            return None
        seen = view(job)
        if seen.policy.get("managedBy") not in (None, "kubeflow.org/mpi-operator"):
            return None
        if wrong := validation.problems(seen):
            self._event(seen, "Warning", "ValidationError", wrong)
            return None
        self._work(seen)
        return None

    def _work(self, seen: View) -> None:
        if not seen.status.get("conditions"):
            text = f"MPIJob {seen.namespace}/{seen.name} is created."
            put(seen.status, "Created", "True", "MPIJobCreated", text, now=self._api.now())
            self._event(seen, "Normal", "MPIJobCreated", text)
        if is_true(seen.status, "Succeeded", "Failed") and seen.status.get("completionTime"):
            if seen.policy["cleanPodPolicy"] != "None":
                self._clean_up(seen)
                self._write(seen)
            return
        if not seen.status.get("startTime") and not seen.suspended:
            seen.status["startTime"] = time.text(self._api.now())
        launcher = self._mine(seen, JOBS, seen.launcher)
        workers: Sequence[Obj] = ()
        if launcher is None or not ended(launcher):
            self._prepare(seen)
            workers = () if seen.suspended else self._workers(seen)
            if launcher is None and (seen.spec["launcherCreationPolicy"] == "AtStartup" or all(map(ready, workers))):
                launcher = self._create(seen, objects.launcher(seen), "launcher pod created failed")
        if launcher is not None and bool((launcher.get("spec") or {}).get("suspend")) != seen.suspended:
            launcher = self._suspend(seen, launcher)
        if seen.suspended:
            self._clean_up(seen)
        update(seen, launcher, self._pods_of(launcher), workers, lambda *said: self._event(seen, *said), self._api.now())
        self._write(seen)

    def _suspend(self, seen: View, launcher: Obj) -> Obj:
        """Suspend the launcher's Job like the MPIJob; a Job that is resumed goes where a queue has said meanwhile."""
        changed = copy.deepcopy(launcher)
        changed["spec"]["suspend"] = seen.suspended
        if not seen.suspended:
            if "startTime" in (launcher.get("status") or {}):
                # With a start time the Job's template may not be changed, and its controller may not have come to it yet.
                stopped = {key: value for key, value in launcher["status"].items() if key != "startTime"}
                changed["metadata"] = self._api.update_status({**launcher, "status": stopped}, manager=MANAGER)["metadata"]
            objects.place(changed["spec"]["template"], objects.launcher(seen)["spec"]["template"])
        return self._api.update(changed, manager=MANAGER)

    def _prepare(self, seen: View) -> None:
        """Make Service, ConfigMap and Secret; keep the hosts up to date."""
        if self._mine(seen, "services", seen.name) is None:
            self._api.create(objects.service(seen), manager=MANAGER)
        selector = seen.labels("worker")
        running = [p["metadata"]["name"] for p in self._api.list("pods", seen.namespace, selector) if phase(p) == "Running"]
        wanted = objects.config_map(seen, running)
        found = self._mine(seen, "configmaps", f"{seen.name}-config")
        if found is None:
            self._api.create(wanted, manager=MANAGER)
        elif found.get("data") != wanted["data"]:
            self._api.update({**found, "data": wanted["data"]}, manager=MANAGER)
        if self._mine(seen, "secrets", f"{seen.name}-ssh") is None:
            self._api.create(objects.secret(seen), manager=MANAGER)

    def _workers(self, seen: View) -> Sequence[Obj]:
        """Make the workers that are missing, delete those beyond; return the workers in their order."""
        if seen.replica(WORKER) is None:
            return ()
        wanted = [seen.worker(index) for index in range(seen.workers)]
        for pod in self._api.list("pods", seen.namespace, seen.labels("worker")):
            if pod["metadata"]["name"] not in wanted and not terminating(pod) and controlled_by(pod, seen.job["metadata"]["uid"]):
                self._delete(seen, pod["metadata"]["name"])
        found = []
        for index, name in enumerate(wanted):
            there = self._mine(seen, "pods", name)
            found.append(there or self._create(seen, objects.worker(seen, index), "worker pod created failed"))
        return found

    def _create(self, seen: View, obj: Obj, failure: str) -> Obj:
        try:
            return self._api.create(obj, manager=MANAGER)
        except ApiError as error:
            self._event(seen, "Warning", "MPIJobFailed", f"{failure}: {error.message}")
            raise

    def _mine(self, seen: View, resource: str, name: str) -> Obj | None:
        """Return an object of the job's, None where there is none; raises ``Taken`` where it is somebody else's."""
        found = self._api.find(resource, seen.namespace, name)
        if found is None or controlled_by(found, seen.job["metadata"]["uid"]):
            return found
        # The operator reads the kind from an object of its cache, in which it is empty.
        text = f'Resource "{name}" of Kind "" already exists and is not managed by MPIJob'
        self._event(seen, "Warning", "ErrResourceExists", text)
        raise Taken(text)

    def _pods_of(self, launcher: Obj | None) -> list[Obj]:
        if launcher is None:
            return []
        uid, namespace = launcher["metadata"]["uid"], launcher["metadata"]["namespace"]
        return [p for p in self._api.list("pods", namespace, {"batch.kubernetes.io/controller-uid": uid}) if controlled_by(p, uid)]

    def _clean_up(self, seen: View) -> None:
        """Delete workers by the clean-pod policy; all of them, if the policy does not say otherwise, on suspension."""
        for index in range(seen.workers):
            pod = self._mine(seen, "pods", seen.worker(index))
            kept = pod is not None and seen.policy["cleanPodPolicy"] == "Running" and phase(pod) not in ("Running", "Pending")
            if pod is not None and not kept and not terminating(pod):
                self._delete(seen, seen.worker(index))
        counters(seen, WORKER)

    def _delete(self, seen: View, name: str) -> None:
        self._api.delete("pods", seen.namespace, name, manager=MANAGER)

    def _event(self, seen: View, type: str, reason: str, message: str) -> None:
        self._recorder.event(seen.job, type, reason, message)

    def _write(self, seen: View) -> None:
        if seen.status != (seen.job.get("status") or {}):
            self._api.update_status({**seen.job, "status": seen.status}, manager=MANAGER)
