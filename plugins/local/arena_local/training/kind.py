"""What tells one kind of training job from another, and the view of one job that a reconcile works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from arena_core.k8s import owners
from arena_core.k8s.copies import clone
from arena_local.sdk.bundle import Api, Obj
from arena_local.sdk.named import OfJob
from arena_local.training.recorder import Recorder

OPERATOR_LABEL = "training.kubeflow.org/operator-name"
JOB_LABEL = "training.kubeflow.org/job-name"
TYPE_LABEL = "training.kubeflow.org/replica-type"
INDEX_LABEL = "training.kubeflow.org/replica-index"
ROLE_LABEL = "training.kubeflow.org/job-role"
MULTIKUEUE = "kueue.x-k8s.io/multikueue"
TRAINING_OPERATOR = "kubeflow.org/training-operator"


@dataclass(frozen=True)
class Replica:
    """One replica type of a job with the operator's defaults, which are never stored."""

    type: str
    count: int
    restart: str
    template: Obj

    @property
    def lower(self) -> str:
        """The type as labels and names spell it."""
        return self.type.lower()

    def containers(self) -> list[Obj]:
        """Return the containers of the template."""
        found = self.template.get("spec", {}).get("containers") or []
        return [c for c in found if isinstance(c, dict)]


@dataclass
class Run(OfJob):
    """One reconcile of one job: the job as read, its parts with defaults, and the status in the making."""

    api: Api
    kind: Kind
    job: Obj
    replicas: dict[str, Replica]
    policy: Mapping[str, Any]
    status: dict[str, Any]
    recorder: Recorder
    #: The pods as they were when the reconcile began; what it deletes stays in here, as in the operator.
    pods: list[Obj] = field(default_factory=list)
    #: How many pods this reconcile has made.
    made: int = 0

    @property
    def suspended(self) -> bool:
        """Whether the user or a queue wants the job to hold."""
        return bool(self.policy.get("suspend"))

    @property
    def clean_policy(self) -> str:
        """Which pods go at the end: ``None``, ``Running`` or ``All``."""
        return str(self.policy.get("cleanPodPolicy") or "None")

    def event(self, type: str, reason: str, message: str) -> None:
        """Record an event on the job."""
        self.recorder.event(self.job, type, reason, message)

    def reason(self, word: str) -> str:
        """Return the reason of a condition: the kind and a word (``PyTorchJobRunning``)."""
        return f"{self.kind.kind}{word}"

    def labels(self, replica: str = "", index: int | None = None) -> dict[str, str]:
        """Return the operator's labels of the job's pods and services."""
        labels = {JOB_LABEL: self.name, OPERATOR_LABEL: self.kind.controller}
        if replica:
            labels[TYPE_LABEL] = replica.lower()
        if index is not None:
            labels[INDEX_LABEL] = str(index)
        return labels

    def owner(self) -> Obj:
        """Return the reference that makes the job the controller of an object."""
        return owners.reference(self.job)

    def pods_of(self, replica: str) -> list[Obj]:
        """Return the pods of one replica type."""
        return [p for p in self.pods if p["metadata"].get("labels", {}).get(TYPE_LABEL) == replica.lower()]

    def total(self) -> int:
        """Return the number of pods at full size."""
        return sum(r.count for r in self.replicas.values())


@dataclass(frozen=True)
class Kind:
    """What is special about one kind of the Training Operator.

    ``order`` is the order in which replica types are worked on (the operator's own is that of a Go map, that is: any).
    ``is_master`` says whether a replica carries the master's label; ``decide`` sets the conditions from the counters; ``cluster_spec``
    writes environment and init containers into a pod's template; ``prepare`` fills further defaults into the (copied) spec.
    """

    kind: str
    plural: str
    specs: str
    container: str
    port_name: str
    port: int
    restart: str
    controller: str
    order: tuple[str, ...]
    is_master: Callable[[Run, Replica, int], bool]
    decide: Callable[[Run], None]
    cluster_spec: Callable[[Run, Replica, int, Obj], None]
    selector: bool = False
    delete_reason: str = "SuccessfulDeletePod"
    delete_failed_reason: str = "FailedDeletePod"
    prepare: Callable[[Obj], None] = lambda job: None
    before: Callable[[Run], None] = lambda run: None

    @property
    def resource(self) -> str:
        """``plural.group``."""
        return f"{self.plural}.kubeflow.org"

    def types(self, specs: Mapping[str, Any]) -> list[str]:
        """Return the replica types of a job: the known ones in the kind's order, then the others."""
        known = [t for t in self.order if t in specs]
        return known + sorted(t for t in specs if t not in self.order)

    def replica(self, type: str, spec: Mapping[str, Any]) -> Replica:
        """Return one replica type with defaults: one pod, the kind's restart policy, the kind's port on its container."""
        template = clone(spec.get("template") or {})
        count = spec.get("replicas")
        replica = Replica(type, 1 if count is None else int(count), str(spec.get("restartPolicy") or self.restart), template)
        containers = replica.containers()
        if containers:
            main = next((c for c in containers if c.get("name") == self.container), containers[0])
            ports = main.get("ports") or []
            if not any(p.get("name") == self.port_name for p in ports):
                main["ports"] = [*ports, {"name": self.port_name, "containerPort": self.port, "protocol": "TCP"}]
        return replica

    def port_of(self, replica: Replica) -> int:
        """Return the number of the named port of the main container."""
        for container in replica.containers():
            if container.get("name") == self.container:
                for port in container.get("ports") or []:
                    if port.get("name") == self.port_name:
                        return int(port["containerPort"])
        raise ValueError("port not found")

    def view(self, api: Api, recorder: Recorder, job: Obj) -> Run:
        """Return the view of a job for one reconcile; spec and status are copies, and nobody asks who has set which field."""
        metadata = {key: value for key, value in job["metadata"].items() if key != "managedFields"}
        rest = {key: clone(value) for key, value in job.items() if key not in ("metadata", "status")}
        status = clone(job.get("status") or {})
        job = {**rest, "metadata": metadata, "status": status}
        self.prepare(job)
        spec = job.get("spec") or {}
        specs = {t: s for t, s in (spec.get(self.specs) or {}).items() if isinstance(s, dict)}
        replicas = {t: self.replica(t, specs[t]) for t in self.types(specs)}
        return Run(api, self, job, replicas, spec.get("runPolicy") or {}, status, recorder)


def controlled(objects: Sequence[Obj], uid: str) -> list[Obj]:
    """Return those objects whose controller is the owner with this uid."""
    return [o for o in objects if owners.controlled_by(o, uid)]
