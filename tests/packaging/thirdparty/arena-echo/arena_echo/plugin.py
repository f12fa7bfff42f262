"""The hooks of the job type ``echojob``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Instance, Jobs, JobStatus, JobType, JobView, Manifest, Phase, PodSet, Resource, Wrapping
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly
from arena_core.podstatus import instance, pick_chief

if TYPE_CHECKING:
    from arena_echo.args import EchoArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

INDEX = "batch.kubernetes.io/job-completion-index"
CHIEF = ({INDEX: "0"},)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="echojob",
        resource=Resource("batch", "v1", "Job", "jobs"),
        args="arena_echo.args:EchoArgs",
        summary="says something, on a plain Job",
        display="Echo",
        shorthand="ec",
        selectors=lambda job: exactly({"batch.kubernetes.io/job-name": dig.text(job, "metadata", "name")}),
        container="echo",
        wrapping=Wrapping(),
        scale_check=lambda job: "it says everything in one go",
    )


@hookimpl
def arena_build_manifests(args: EchoArgs, jobs: Jobs) -> Sequence[Manifest]:
    """Return the Job."""
    from arena_echo.manifests import build

    return build(args)


@hookimpl
def arena_job_status(view: JobView, jobs: Jobs) -> JobStatus:
    """Say what the Job is doing."""
    job, members = view.manifest, _instances(view.pods or ())
    phase, reason, message = Phase.PENDING, "", ""
    if any(m.phase == "Running" for m in members):
        phase = Phase.RUNNING
    for kind, found in (("Suspended", Phase.SUSPENDED), ("Failed", Phase.FAILED), ("Complete", Phase.SUCCEEDED)):
        condition = dig.condition(job, kind)
        if condition.get("status") == "True":
            phase, reason, message = found, dig.text(condition, "reason"), dig.text(condition, "message")
    return JobStatus(
        phase,
        reason=reason,
        message=message,
        start=dig.text(job, "status", "startTime"),
        end=dig.text(job, "status", "completionTime") or dig.text(dig.condition(job, "Failed"), "lastTransitionTime"),
        instances=members,
        replicas=max(dig.number(job, "spec", "parallelism", default=1), 0),
    )


def _instances(pods: Sequence[Manifest]) -> tuple[Instance, ...]:
    chief = dig.text(pick_chief(pods, CHIEF), "metadata", "name")
    found = []
    for pod in pods:
        index = dig.number(dig.labels(pod), INDEX, default=-1)
        name = dig.text(pod, "metadata", "name")
        found.append(
            instance(pod, role="worker", index=index if index >= 0 else None, chief=bool(name) and name == chief, container="echo")
        )
    return tuple(sorted(found, key=lambda i: (i.index is None, i.index or 0, i.name)))


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return the one set of pods."""
    return [PodSet("echo", "spec.template", max(dig.number(job, "spec", "parallelism", default=1), 0))]
