"""Names that Volcano's parts agree on: kinds, labels, annotations, defaults."""

from __future__ import annotations

from typing import Any

from arena_local.sdk.bundle import Obj

JOBS = "jobs.batch.volcano.sh"
POD_GROUPS = "podgroups.scheduling.volcano.sh"
QUEUES = "queues.scheduling.volcano.sh"
COMMANDS = "commands.bus.volcano.sh"
BATCH_API = "batch.volcano.sh/v1alpha1"
SCHEDULING_API = "scheduling.volcano.sh/v1beta1"

CONTROLLER = "vc-controller-manager"
SCHEDULER = "volcano"

TASK_INDEX = "volcano.sh/task-index"
TASK_SPEC = "volcano.sh/task-spec"
JOB_NAME = "volcano.sh/job-name"
JOB_NAMESPACE = "volcano.sh/job-namespace"
QUEUE_NAME = "volcano.sh/queue-name"
PARTITION_ID = "volcano.sh/partition-id"
JOB_VERSION = "volcano.sh/job-version"
TEMPLATE_UID = "volcano.sh/template-uid"
RETRY_COUNT = "volcano.sh/job-retry-count"
GROUP_NAME = "scheduling.k8s.io/group-name"
NUMA_POLICY = "volcano.sh/numa-topology-policy"
CLOSED_BY_PARENT = "volcano.sh/closed-by-parent"
GROUP_MIN_MEMBER = "scheduling.volcano.sh/group-min-member"
GROUP_QUEUE = "scheduling.volcano.sh/queue-name"
HIERARCHY = "volcano.sh/hierarchy"
HIERARCHY_WEIGHTS = "volcano.sh/hierarchy-weights"
#: Annotations of this prefix are handed on from a ReplicaSet or Job to the PodGroup of its pods.
PREFIX = "volcano.sh/"

#: Annotations of a job that its pods carry, too.
INHERITED = (
    "volcano.sh/preemptable",
    "volcano.sh/cooldown-time",
    "volcano.sh/revocable-zone",
    "volcano.sh/jdb-min-available",
    "volcano.sh/jdb-max-unavailable",
)

ROOT_QUEUE = "root"
DEFAULT_QUEUE = "default"
DEFAULT_MAX_RETRY = 3


def meta(obj: Obj) -> dict[str, Any]:
    """Return the object's metadata."""
    found: dict[str, Any] = obj["metadata"]
    return found


def status_of(obj: Obj) -> dict[str, Any]:
    """Return the object's status, empty where there is none."""
    found: dict[str, Any] = obj.get("status") or {}
    return found


def tasks(job: Obj) -> list[dict[str, Any]]:
    """Return ``spec.tasks``."""
    found: list[dict[str, Any]] = (job.get("spec") or {}).get("tasks") or []
    return found


def task(job: Obj, name: str) -> dict[str, Any] | None:
    """Return the task of this name, or None."""
    return next((t for t in tasks(job) if t.get("name") == name), None)


def pod_name(job: str, task_name: str, index: int) -> str:
    """Return the name of a task's pod."""
    return f"{job}-{task_name}-{index}"


def group_name(job: Obj) -> str:
    """Return the name of a job's PodGroup."""
    return f"{meta(job)['name']}-{meta(job)['uid']}"


def min_available(entry: dict[str, Any]) -> int:
    """Return a task's minAvailable, its replicas where none is given."""
    value = entry.get("minAvailable")
    return int(entry.get("replicas", 0) if value is None else value)
