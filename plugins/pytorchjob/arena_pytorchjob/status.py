"""What a PyTorchJob is doing, in Arena's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core import kubeflow
from arena_core.types import JobStatus, Manifest

SPECS = "pytorchReplicaSpecs"
CONTAINER = "pytorch"
CONTROLLER = "pytorchjob-controller"
#: The operator marks the master, or worker 0 where there is none.
CHIEF: tuple[Mapping[str, str], ...] = ({kubeflow.JOB_ROLE: "master"}, {kubeflow.REPLICA_TYPE: "worker", kubeflow.REPLICA_INDEX: "0"})


def status(job: Manifest, pods: Sequence[Manifest], related: Sequence[Manifest]) -> JobStatus:
    """Return the status from conditions, pods and what queues the job."""
    return kubeflow.job_status(job, pods, related, field=SPECS, container=CONTAINER, chief_rules=CHIEF)
