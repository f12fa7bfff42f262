"""A job as Arena prints it: rows, the block of ``get``, and the keys of JSON and YAML."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from arena_core.cli.render import compact, local_time, parse_time, seconds_between, unix

if TYPE_CHECKING:
    from arena_core.jobs.views import Job
    from arena_core.types import Instance

GPU = "nvidia.com/gpu"
NONE = "N/A"
LIST_HEADER = ("NAME", "STATUS", "TRAINER", "DURATION", "GPU(Requested)", "GPU(Allocated)", "NODE")
INSTANCE_HEADER = ("NAME", "STATUS", "AGE", "IS_CHIEF", "GPU(Requested)", "NODE")
GPU_HEADER = ("INSTANCE", "NODE(IP)", "GPU(Requested)", "GPU(IndexId)", "GPU(DutyCycle)", "GPU Memory(Used/Total)")


def order(job: Job) -> tuple[bool, float]:
    """Sorting key: jobs that have not started first, then the newest start."""
    start = parse_time(job.status.start)
    return (start is not None, -(start.timestamp() if start else 0.0))


def duration(job: Job, now: datetime | None = None) -> int:
    """Seconds since the start, until the end; 0 for a job that has not started."""
    return seconds_between(job.status.start, job.status.end, now)


def holds_gpus(instance: Instance) -> bool:
    """Whether the instance has its devices: it has started and is neither over nor going."""
    return bool(instance.started) and instance.phase not in ("Succeeded", "Failed") and instance.status != "Terminating"


def requested(job: Job) -> int:
    """GPUs that the whole job asks for."""
    return job.status.requests.get(GPU, 0)


def allocated(job: Job) -> int:
    """GPUs that its instances hold now."""
    return sum(i.requests.get(GPU, 0) for i in job.status.instances if holds_gpus(i))


def list_row(job: Job, *, namespaced: bool) -> list[str]:
    """One line of ``arena list``."""
    status = job.status
    chief = status.chief
    held = str(allocated(job)) if status.phase in ("PENDING", "RUNNING") else NONE
    row = [
        job.name,
        str(status.phase),
        job.job_type.upper(),
        compact(duration(job)),
        str(requested(job)),
        held,
        (chief.node_ip if chief else "") or NONE,
    ]
    return [job.namespace, *row] if namespaced else row


def header_lines(job: Job) -> list[tuple[str, str]]:
    """Names and values at the top of ``arena get``."""
    status = job.status
    lines = [
        ("Name", job.name),
        ("Status", str(status.phase)),
        ("Namespace", job.namespace),
        ("Priority", status.priority or NONE),
        ("Trainer", job.job_type.upper()),
        ("Duration", compact(duration(job))),
        ("CreateTime", local_time(job.created)),
        ("EndTime", local_time(status.end) if status.phase.finished else ""),
    ]
    labels = job.manifest.get("metadata", {}).get("labels") or {}
    if labels.get("modelName"):
        lines += [("ModelName", labels["modelName"]), ("ModelVersion", labels.get("modelVersion", "")), ("ModelSource", "")]
    if status.reason or status.message:
        lines.append(("Reason", ": ".join(p for p in (status.reason, status.message) if p)))
    return lines


def instance_row(instance: Instance) -> list[str]:
    """One line of the table of instances. AGE is the instance's own age (Arena prints the job's duration)."""
    return [
        instance.name,
        instance.status,
        compact(seconds_between(instance.started or instance.created, instance.finished)),
        "true" if instance.chief else "false",
        str(instance.requests.get(GPU, 0)),
        instance.node or NONE,
    ]


def gpu_row(instance: Instance) -> list[str]:
    """One line of the table of GPUs; what only a metrics server knows is N/A."""
    return [instance.name, instance.node_ip or NONE, str(instance.requests.get(GPU, 0)), NONE, NONE, NONE]


def as_data(job: Job, *, tensorboard: str = "") -> dict[str, Any]:
    """The job with Arena's keys, and a few more at the end: why, and exit codes."""
    status = job.status
    labels = job.manifest.get("metadata", {}).get("labels") or {}
    return {
        "uuid": job.uid,
        "name": job.name,
        "namespace": job.namespace,
        "duration": f"{duration(job)}s",
        "status": str(status.phase),
        "trainer": job.job_type,
        "tensorboard": tensorboard,
        "chiefName": status.chief.name if status.chief else "",
        "instances": [_instance_data(i) for i in status.instances],
        "priority": status.priority or NONE,
        "requestGPUs": requested(job),
        "allocatedGPUs": allocated(job),
        "creationTimestamp": unix(job.created),
        "modelName": labels.get("modelName", ""),
        "modelVersion": labels.get("modelVersion", ""),
        "modelSource": "",
        "exactStatus": status.exact,
        "reason": status.reason,
        "message": status.message,
    }


def _instance_data(instance: Instance) -> dict[str, Any]:
    age = seconds_between(instance.started or instance.created, instance.finished)
    return {
        "ip": instance.ip,
        "status": instance.status,
        "name": instance.name,
        "age": f"{age}s",
        "node": instance.node or NONE,
        "nodeIP": instance.node_ip or NONE,
        "chief": instance.chief,
        "requestGPUs": instance.requests.get(GPU, 0),
        "gpuMetrics": {},
        "creationTimestamp": unix(instance.created),
        "restarts": instance.restarts,
        "exitCode": instance.exit_code,
    }
