"""One reconcile of one RayJob: the job, the status in the making, and what is made and deleted for it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

from arena_core.k8s.time import read as parse_time
from arena_local.sdk.bundle import Api, ApiError, Obj
from arena_local.sdk.named import OfJob
from arena_rayjob.local import services, submitter
from arena_rayjob.local.clusterstatus import EMPTY
from arena_rayjob.local.names import (
    CLUSTER,
    DASHBOARD,
    HTTP,
    JOBS,
    K8S_JOB,
    MANAGER,
    NODE_TYPE,
    ORIGIN,
    ORIGIN_KIND,
    RAYCLUSTERS,
    SIDECAR,
    made_for,
)

COMPONENT = "rayjob-controller"


class NoCluster(Exception):
    """The cluster that the job names is not there; tried again, as after any error."""


@dataclass
class Run(OfJob):
    """The job as stored, and its status in the making."""

    api: Api
    job: Obj
    status: Obj

    @property
    def spec(self) -> Obj:
        """``spec``."""
        found: Obj = self.job["spec"]
        return found

    @property
    def mode(self) -> str:
        """Who submits the command."""
        return str(self.spec.get("submissionMode") or K8S_JOB)

    def passed(self, since: str, seconds: float) -> bool:
        """Whether so many seconds are over since a time of the status."""
        return bool(since) and self.api.now() >= parse_time(since) + timedelta(seconds=seconds)

    def until(self, since: str, seconds: float) -> float:
        """Return how many seconds are left until then."""
        end: datetime = parse_time(since) + timedelta(seconds=seconds)
        return max((end - self.api.now()).total_seconds(), 0.05)

    def event(self, type: str, reason: str, message: str, action: str) -> None:
        """Record an event on the job."""
        self.api.event(self.job, type, reason, message, component=COMPONENT, action=action)

    def cluster(self) -> Obj | None:
        """Return the Ray cluster of the job, if it is there."""
        name = str(self.status.get("rayClusterName") or "")
        return self.api.find(RAYCLUSTERS, self.namespace, name) if name else None

    def cluster_or_make(self) -> Obj:
        """Return the Ray cluster; it is made, unless the job runs on one that is there."""
        found = self.cluster()
        if found is not None:
            return found
        where = f"{self.namespace}/{self.status['rayClusterName']}"
        if self.spec.get("clusterSelector"):
            text = f"RayCluster {where} set in the clusterSelector is not found. It must be created manually"
            self.event("Warning", "RayClusterNotFound", text, "Validate")
            raise NoCluster(text)
        try:
            made = self.api.create(self._cluster(), manager=MANAGER)
        except ApiError as error:
            self.event("Warning", "FailedToCreateRayCluster", f"Failed to create RayCluster {where}: {error.message}", "Create")
            raise
        self.event("Normal", "CreatedRayCluster", f"Created RayCluster {where}", "Create")
        return made

    def _cluster(self) -> Obj:
        meta = self.job["metadata"]
        labels = {**(meta.get("labels") or {}), ORIGIN: self.name, ORIGIN_KIND: "RayJob", "ray.io/job-submission-mode": self.mode}
        metadata = made_for(self.job, str(self.status["rayClusterName"]), labels)
        notes = dict(meta.get("annotations") or {})
        spec = copy.deepcopy(self.spec["rayClusterSpec"])
        if self.mode == SIDECAR:
            notes["ray.io/disable-provisioned-head-restart"] = "true"
            head = spec["headGroupSpec"]["template"]["spec"]
            head["containers"].append(submitter.sidecar(self.job, self.status))
            head["restartPolicy"] = "Never"
        return {
            "apiVersion": "ray.io/v1",
            "kind": "RayCluster",
            "metadata": {**metadata, "annotations": notes} if notes else metadata,
            "spec": spec,
        }

    def submit(self, cluster: Obj) -> None:
        """Make the submitter's Job, unless there is one of that name."""
        if self.api.find(JOBS, self.namespace, self.name) is not None:
            return
        where = f"{self.namespace}/{self.name}"
        try:
            self.api.create(submitter.submitter_job(self.job, self.status, cluster), manager=MANAGER)
        except ApiError as error:
            text = f"Failed to create new Kubernetes Job {where}: {error.message}"
            self.event("Warning", "FailedToCreateRayJobSubmitter", text, "Create")
            raise
        self.event("Normal", "CreatedRayJobSubmitter", f"Created Kubernetes Job {where}", "Create")

    def service(self, cluster: Obj) -> None:
        """Let the job's Service lead to its present cluster."""
        if self.spec.get("clusterSelector"):
            return
        wanted = services.of_job(self.job, cluster)
        where = f"{self.namespace}/{wanted['metadata']['name']}"
        found = self.api.find("services", self.namespace, wanted["metadata"]["name"])
        if found is None:
            self.api.create(wanted, manager=MANAGER)
            self.event("Normal", "CreatedService", f"Created the service {where}", "Create")
        elif (found["spec"].get("selector") or {}).get(CLUSTER) != wanted["spec"]["selector"][CLUSTER]:
            self.api.update({**found, "spec": {**found["spec"], "selector": wanted["spec"]["selector"]}}, manager=MANAGER)
            self.event("Normal", "UpdatedService", f"Updated the service {where}", "Update")

    def head(self, cluster: Obj) -> Obj | None:
        """Return the head's pod."""
        labels = {CLUSTER: cluster["metadata"]["name"], NODE_TYPE: "head"}
        return next(iter(self.api.list("pods", self.namespace, labels)), None)

    def dashboard(self, cluster: Obj | None) -> str:
        """Return address and port of the dashboard: the pod's own, since nothing outside of pods resolves the Service's name."""
        pod = self.head(cluster) if cluster else None
        address = str(((pod or {}).get("status") or {}).get("podIP") or "")
        port = str(self.status.get("dashboardURL") or "").rpartition(":")[2] or str(DASHBOARD)
        return f"{address}:{port}" if address else ""

    def delete_cluster(self) -> bool:
        """Delete the Ray cluster; returns whether it is gone."""
        if self.spec.get("clusterSelector"):
            return True
        found = self.cluster()
        if found is None:
            return True
        if not found["metadata"].get("deletionTimestamp"):
            name = found["metadata"]["name"]
            self.api.delete(RAYCLUSTERS, self.namespace, name, manager=MANAGER)
            self.event("Normal", "DeletedRayCluster", f"Deleted cluster {self.namespace}/{name}", "Delete")
        return self.cluster() is None

    def delete_submitter(self) -> bool:
        """Delete the submitter's Job; returns whether it is gone."""
        if self.mode in (HTTP, SIDECAR):
            return True
        found = self.api.find(JOBS, self.namespace, self.name)
        if found is None:
            return True
        if not found["metadata"].get("deletionTimestamp"):
            self.api.delete(JOBS, self.namespace, self.name, manager=MANAGER)
            self.event("Normal", "DeletedRayJobSubmitter", f"Deleted submitter K8s Job {self.namespace}/{self.name}", "Delete")
        return self.api.find(JOBS, self.namespace, self.name) is None

    def suspend_workers(self) -> None:
        """Let all groups of workers go (``DeleteWorkers``)."""
        found = self.cluster()
        if found is None or found["metadata"].get("deletionTimestamp"):
            return
        spec = copy.deepcopy(found["spec"])
        for group in spec.get("workerGroupSpecs") or ():
            group["suspend"] = True
        if spec != found["spec"]:
            self.api.update({**found, "spec": spec}, manager=MANAGER)

    def reset(self) -> None:
        """Forget everything of the present cluster."""
        for key in ("rayClusterName", "dashboardURL", "jobId", "message", "reason", "jobStatus", "jobStatusCheckFailureStartTime"):
            self.status.pop(key, None)
        self.status |= {"rayClusterStatus": copy.deepcopy(EMPTY), "rayJobInfo": {}}
