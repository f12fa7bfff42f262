"""Names, labels and the view of one job with the operator's defaults, which are never stored."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from arena_core.k8s.owners import reference
from arena_local.sdk.bundle import Obj
from arena_local.sdk.named import OfJob

RESOURCE = "mpijobs.kubeflow.org"
MANAGER = "mpi-operator"
COMPONENT = "mpi-job-controller"
OPERATOR_LABEL = "training.kubeflow.org/operator-name"
JOB_LABEL = "training.kubeflow.org/job-name"
ROLE_LABEL = "training.kubeflow.org/job-role"
INDEX_LABEL = "training.kubeflow.org/replica-index"
LAUNCHER, WORKER = "Launcher", "Worker"
ROOT_SSH = "/root/.ssh"


@dataclass
class View(OfJob):
    """One reconcile of one job: the job as stored, its spec with defaults, and the status in the making."""

    job: Obj
    spec: Obj
    status: Obj = field(default_factory=dict)

    @property
    def policy(self) -> Obj:
        """``spec.runPolicy``."""
        found: Obj = self.spec["runPolicy"]
        return found

    @property
    def suspended(self) -> bool:
        """Whether the user or a queue wants the job to hold."""
        return bool(self.policy.get("suspend"))

    @property
    def workers(self) -> int:
        """How many workers there are to be."""
        return int((self.replica(WORKER) or {}).get("replicas") or 0)

    @property
    def working_launcher(self) -> bool:
        """Whether the launcher works, too (``runLauncherAsWorker``)."""
        return bool(self.spec.get("runLauncherAsWorker"))

    @property
    def launcher(self) -> str:
        """The name of the launcher's Job, and its host name."""
        return f"{self.name}-launcher"

    def worker(self, index: int) -> str:
        """Return the name of a worker's pod."""
        return f"{self.name}-worker-{index}"

    def host(self, pod: str) -> str:
        """Return the name by which the launcher reaches a pod, through the job's Service."""
        return f"{pod}.{self.name}.{self.namespace}.svc"

    def replica(self, kind: str) -> Obj | None:
        """Return the spec of a replica type, or None."""
        found = self.spec["mpiReplicaSpecs"].get(kind)
        return found if isinstance(found, dict) else None

    def labels(self, role: str = "") -> dict[str, str]:
        """Return the operator's labels of the job's pods."""
        labels = {OPERATOR_LABEL: MANAGER, JOB_LABEL: self.name}
        return {**labels, ROLE_LABEL: role} if role else labels

    def made(self, name: str) -> Obj:
        """Return the metadata of an object that belongs to the job."""
        return {"name": name, "namespace": self.namespace, "labels": {"app": self.name}, "ownerReferences": [reference(self.job)]}


def view(job: Obj) -> View:
    """Return the view of a job: its spec, copied, with the operator's defaults."""
    spec: dict[str, Any] = copy.deepcopy(job.get("spec") or {})
    spec.setdefault("slotsPerWorker", 1)
    spec.setdefault("mpiImplementation", "OpenMPI")
    spec.setdefault("sshAuthMountPath", ROOT_SSH)
    spec.setdefault("launcherCreationPolicy", "AtStartup")
    spec["runPolicy"] = spec.get("runPolicy") or {}
    spec["runPolicy"].setdefault("cleanPodPolicy", "None")
    spec["mpiReplicaSpecs"] = spec.get("mpiReplicaSpecs") or {}
    for kind, count, restart in ((LAUNCHER, 1, "OnFailure"), (WORKER, 0, "Never")):
        replica = spec["mpiReplicaSpecs"].get(kind)
        if isinstance(replica, dict):
            replica["replicas"] = count if replica.get("replicas") is None else int(replica["replicas"])
            replica["restartPolicy"] = replica.get("restartPolicy") or restart
    return View(job, spec, copy.deepcopy(job.get("status") or {}))
