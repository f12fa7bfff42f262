"""The reference job type ``dummy``: everything that a job type has, on the plainest kind that runs, ``batch/v1`` Job.

It is not installed as a job type; tests add it with ``Registry.add(dummy)``. A plugin of one's own looks like this module, with an
entry point in the group ``arena.jobs``. Reading commands load this module alone, so what needs pydantic is imported in the hooks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Cause, Instance, JobStatus, JobType, JobView, Manifest, Phase, PodSet, Problem, Wrapping
from arena_core.families import batch, hooks
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly
from arena_core.podstatus import instance, pick_chief
from arena_core.testing.dummy_names import CONTAINER, INDEX, JOB_NAME, RESOURCE

if TYPE_CHECKING:
    from arena_core.contract.types import Jobs
    from arena_core.testing.dummy_args import DummyArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_preflight = hooks.preflight(hooks.COMMON)
arena_endpoints = hooks.arena_endpoints

CHIEF = ({INDEX: "0"},)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="dummy",
        resource=RESOURCE,
        args="arena_core.testing.dummy_args:DummyArgs",
        summary="the reference job type, on a plain Job",
        display="Dummy",
        shorthand="dm",
        selectors=lambda job: exactly({JOB_NAME: dig.text(job, "metadata", "name")}),
        container=CONTAINER,
        wrapping=Wrapping(),
        scale_check=lambda job: "each of its pods has a number of its own, and there are no more numbers",
        matches=lambda job: dig.labels(job).get("app") == "dummy",
        provider="every Kubernetes has it",
    )


@hookimpl
def arena_validate(args: DummyArgs, jobs: Jobs) -> Iterable[Problem]:
    """Return what the model alone does not refuse."""
    if args.tensorboard and args.workers > 100:
        yield Problem("TensorBoard cannot follow more than 100 workers", "tensorboard")


@hookimpl
def arena_build_manifests(args: DummyArgs, jobs: Jobs) -> Sequence[Manifest]:
    """Return the Job first, then what belongs to it."""
    from arena_core.testing.dummy_args import build

    return build(args)


@hookimpl
def arena_job_status(view: JobView, jobs: Jobs) -> JobStatus:
    """Say what the job is doing."""
    job, members = view.manifest, _instances(view.pods or ())
    wanted = [(dig.dig(job, "spec", "template"), max(dig.number(job, "spec", "parallelism", default=1), 0))]
    return batch.status(job, _decide(job, members), members, wanted)


def _decide(job: Manifest, members: Sequence[Instance]) -> tuple[Phase, str, str, str]:
    for kind, phase in (("Complete", Phase.SUCCEEDED), ("Failed", Phase.FAILED), ("Suspended", Phase.SUSPENDED)):
        found = dig.condition(job, kind)
        if found.get("status") == "True":
            return phase, kind, dig.text(found, "reason"), dig.text(found, "message")
    waiting = next((m for m in members if m.phase == "Pending"), None)
    if waiting:
        return Phase.PENDING, "", waiting.reason, waiting.message
    if any(m.phase == "Running" for m in members):
        return Phase.RUNNING, "", "", ""
    return Phase.PENDING, "", "", ""


def _instances(pods: Sequence[Manifest]) -> tuple[Instance, ...]:
    chief = dig.text(pick_chief(pods, CHIEF), "metadata", "name")
    found = []
    for pod in pods:
        index = dig.number(dig.labels(pod), INDEX, default=-1)
        is_chief = bool(chief) and dig.text(pod, "metadata", "name") == chief
        found.append(instance(pod, role="worker", index=index if index >= 0 else None, chief=is_chief, container=CONTAINER))
    return tuple(sorted(found, key=lambda i: (i.index is None, i.index or 0, i.name)))


@hookimpl
def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
    """Return the one set of pods."""
    if not dig.mapping(job, "spec", "template"):
        return []
    return [PodSet("worker", "spec.template", max(dig.number(job, "spec", "parallelism", default=1), 0))]


@hookimpl
def arena_explain(view: JobView, jobs: Jobs) -> Iterable[Cause]:
    """Say why pods wait or have failed."""
    for member in _instances(view.pods or ()):
        if member.reason:
            yield Cause(f"{member.short_name}: {member.message or member.reason}", object=f"pod {member.name}")
