"""Names of Kueue's API: resources, labels, conditions; and small readers of its objects."""

from __future__ import annotations

from arena_core.k8s import conditions
from arena_local.sdk.bundle import Obj

GROUP = "kueue.x-k8s.io"
API_VERSION = f"{GROUP}/v1beta2"
WORKLOADS = f"workloads.{GROUP}"
CLUSTER_QUEUES = f"clusterqueues.{GROUP}"
LOCAL_QUEUES = f"localqueues.{GROUP}"
FLAVORS = f"resourceflavors.{GROUP}"
COHORTS = f"cohorts.{GROUP}"
PRIORITY_CLASSES = f"workloadpriorityclasses.{GROUP}"

FINALIZER = f"{GROUP}/resource-in-use"
QUEUE_LABEL = f"{GROUP}/queue-name"
PRIORITY_LABEL = f"{GROUP}/priority-class"
MAX_EXEC_LABEL = f"{GROUP}/max-exec-time-seconds"
MIN_ANNOTATION = f"{GROUP}/job-min-parallelism"
COMPLETIONS_ANNOTATION = f"{GROUP}/job-completions-equal-parallelism"
JOB_UID_LABEL = f"{GROUP}/job-uid"
POD_SET_LABEL = f"{GROUP}/podset"
CLUSTER_QUEUE_LABEL = f"{GROUP}/cluster-queue-name"
LOCAL_QUEUE_LABEL = f"{GROUP}/local-queue-name"
WORKLOAD_ANNOTATION = f"{GROUP}/workload"

#: Field manager and user agent of the writes.
MANAGER = "kueue"
ADMISSION = "kueue-admission"
WORKLOAD_CONTROLLER = "kueue-workload-controller"


def queue_name(job: Obj) -> str:
    """Return the LocalQueue that a job asks for, or ""."""
    return str((job["metadata"].get("labels") or {}).get(QUEUE_LABEL, ""))


def min_parallelism(job: Obj) -> int | None:
    """Return with how few pods a batch/v1 Job may be admitted, or None if only as a whole."""
    text = str((job["metadata"].get("annotations") or {}).get(MIN_ANNOTATION, ""))
    return int(text) if text.isdecimal() else None


def finished(workload: Obj) -> bool:
    """Return whether the Workload has ended."""
    return conditions.is_true(workload, "Finished")


def reserved(workload: Obj) -> bool:
    """Return whether the Workload holds quota."""
    return conditions.is_true(workload, "QuotaReserved")


def admitted(workload: Obj) -> bool:
    """Return whether the Workload may run."""
    return conditions.is_true(workload, "Admitted")


def evicted(workload: Obj) -> bool:
    """Return whether the Workload has to give up its quota."""
    return conditions.is_true(workload, "Evicted")


def is_active(workload: Obj) -> bool:
    """Return ``spec.active`` (true unless set to false)."""
    return workload["spec"].get("active") is not False


def stopped(queue: Obj) -> bool:
    """Return whether a queue's stopPolicy holds new workloads back."""
    return (queue["spec"].get("stopPolicy") or "None") != "None"


def draining(queue: Obj) -> bool:
    """Return whether a queue's stopPolicy also evicts what runs."""
    return bool(queue["spec"].get("stopPolicy") == "HoldAndDrain")


def cluster_queue_active(queue: Obj) -> bool:
    """Return whether the ClusterQueue's own condition says that it admits."""
    return conditions.is_true(queue, "Active")
