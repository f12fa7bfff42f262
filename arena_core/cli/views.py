"""A job as Arena prints it: rows, the block of ``get``, and the keys of JSON and YAML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from arena_core.cli.render import local_time
from arena_core.contract.types import Rank
from arena_core.k8s import dig, time
from arena_core.k8s import duration as durations
from arena_core.typed import TYPE_CHECKING
from arena_core.usecases.reasons import healthy
from arena_core.usecases.views import Job, gpus

if TYPE_CHECKING:
    from arena_core.cli.shapes import jobs
    from arena_core.contract.types import Instance, JobStatus
    from arena_core.usecases.endpoints import Reachable
    from arena_core.usecases.queues import Place

NONE = "N/A"
#: Where a job that registered a version of a model says where the model's files are.
MODEL_SOURCE = "arena.kubeflow.org/model-source"
#: The endpoint that Arena shows in words and with a key of its own.
TENSORBOARD = "tensorboard"
INSTANCE_HEADER = ("NAME", "STATUS", "AGE", "IS_CHIEF", "GPU(Requested)", "NODE")
ENDPOINT_HEADER = ("NAME", "ADDRESS", "READY", "DETAIL")
GPU_HEADER = ("INSTANCE", "NODE(IP)", "GPU(Requested)", "GPU(IndexId)", "GPU(DutyCycle)", "GPU Memory(Used/Total)")


def status_word(status: JobStatus) -> str:
    """The phase as tables show it; a job that is being deleted is TERMINATING, for which the closed set of JSON has UNKNOWN."""
    return "TERMINATING" if status.phase == "UNKNOWN" and status.exact == "Terminating" else str(status.phase)


def duration(job: Job, now: datetime | None = None) -> int:
    """Seconds since the start, until the end; 0 for a job that has not started."""
    return time.seconds_between(job.status.start, job.status.end, now)


def wants_age(jobs: Sequence[Job]) -> bool:
    """Whether a list needs the ages: a job that has not started has no duration, and may wait for days."""
    return any(not job.status.start and not job.status.phase.finished for job in jobs)


def header_lines(job: Job) -> list[tuple[str, str]]:
    """Names and values at the top of ``arena get``."""
    status = job.status
    lines = [
        ("Name", job.name),
        ("Status", status_word(status)),
        ("Namespace", job.namespace),
        ("Priority", status.priority or NONE),
        ("Trainer", job.job_type.upper()),
        ("Duration", durations.compact(duration(job))),
        ("CreateTime", local_time(job.created)),
        ("EndTime", local_time(status.end) if status.phase.finished else ""),
    ]
    if job.labels.get("modelName"):
        lines += [
            ("ModelName", job.labels["modelName"]),
            ("ModelVersion", job.labels.get("modelVersion", "")),
            ("ModelSource", _source(job)),
        ]
    if reason := reason_text(job):
        lines.append(("Reason", reason))
    return lines


def _source(job: Job) -> str:
    return dig.text(job.manifest, "metadata", "annotations", MODEL_SOURCE)


def queue_lines(queue: str, place: Place | None) -> list[tuple[str, str]]:
    """The line that names a job's queue, with its place where it waits there."""
    if not queue:
        return []
    overall = f", {place.overall} of all who want its quota" if place and place.overall not in (None, place.place) else ""
    return [("Queue", f"{queue} (place {place}{overall})" if place else queue)]


def reason_text(job: Job) -> str:
    """The reason of a job that does not run well: the cluster's word and the sentence, which often holds the word."""
    status = job.status
    if healthy(job) or (status.phase.runs and not (job.causes and job.causes[0].rank < Rank.WAITS)):
        return ""
    if status.message and (status.reason in status.message or status.reason == "Error"):
        return status.message
    return ": ".join(p for p in (status.reason, status.message) if p)


def instance_table(job: Job, *, headers: bool) -> list[list[str]]:
    """The table of instances; how often they were restarted is a column where any was."""
    restarted = any(i.restarts for i in job.status.instances)
    rows = [[*instance_row(i), *([str(i.restarts)] if restarted else [])] for i in job.status.instances]
    return [[*INSTANCE_HEADER, *(["RESTARTS"] if restarted else [])], *rows] if headers else rows


def instance_row(instance: Instance) -> list[str]:
    """One line of the table of instances. AGE is the instance's own age (Arena prints the job's duration)."""
    return [
        instance.name,
        # A pod whose node is silent is shown as it last was.
        f"{instance.status} (node not heard of)" if instance.reason == "NodeNotReady" else instance.status,
        durations.compact(time.seconds_between(instance.started or instance.created, instance.finished)),
        "true" if instance.chief else "false",
        str(gpus(instance.requests)),
        instance.node or NONE,
    ]


def gpu_row(instance: Instance) -> list[str]:
    """One line of the table of GPUs; what only a metrics server knows is N/A."""
    return [instance.name, instance.node_ip or NONE, str(gpus(instance.requests)), NONE, NONE, NONE]


def endpoint_row(endpoint: Reachable) -> list[str]:
    """One line of the table of what a job serves."""
    ready = {True: "yes", False: "no", None: "unknown"}[endpoint.ready]
    return [endpoint.name, endpoint.address or NONE, ready, endpoint.detail]


def as_data(job: Job) -> jobs.Job:
    """The job with Arena's keys, and a few more at the end: why, and exit codes."""
    status = job.status
    return {
        "uuid": job.uid,
        "name": job.name,
        "namespace": job.namespace,
        "duration": f"{duration(job)}s",
        "status": str(status.phase),
        "trainer": job.job_type,
        "tensorboard": "",
        "chiefName": status.chief.name if status.chief else "",
        "instances": [_instance_data(i) for i in status.instances],
        "priority": status.priority or NONE,
        "requestGPUs": job.requested_gpus,
        "allocatedGPUs": job.allocated_gpus,
        "creationTimestamp": time.unix(job.created),
        "modelName": job.labels.get("modelName", ""),
        "modelVersion": job.labels.get("modelVersion", ""),
        "modelSource": _source(job),
        "exactStatus": status.exact,
        "reason": status.reason,
        "message": status.message,
    }


def _instance_data(instance: Instance) -> jobs.Instance:
    age = time.seconds_between(instance.started or instance.created, instance.finished)
    return {
        "ip": instance.ip,
        "status": instance.status,
        "name": instance.name,
        "age": f"{age}s",
        "node": instance.node or NONE,
        "nodeIP": instance.node_ip or NONE,
        "chief": instance.chief,
        "requestGPUs": gpus(instance.requests),
        "gpuMetrics": {},
        "creationTimestamp": time.unix(instance.created),
        "restarts": instance.restarts,
        "exitCode": instance.exit_code,
    }
