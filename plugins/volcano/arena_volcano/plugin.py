"""The hooks of the job type ``volcanojob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Wrapping
from arena_core.families import hooks
from arena_core.k8s.selectors import exactly
from arena_core.typed import TYPE_CHECKING
from arena_volcano import status as words
from arena_volcano.scaling import scale
from arena_volcano.suspending import suspend_request

if TYPE_CHECKING:
    pass

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = hooks.reading(words)
arena_endpoints = hooks.arena_endpoints
arena_build_manifests = hooks.building("arena_volcano.manifests:build")
arena_preflight = hooks.preflight("arena_volcano.preflight:problems")
arena_pod_sets = hooks.pod_sets(words.pod_sets)

#: Inside a wrapper: the fork's defaults and names, which are the wrapper's own; nothing is run where no image was given.
WRAPPING = Wrapping(
    defaults={"task_name": "worker", "task_max_retry": 10000, "share_memory": "2Gi", "task_images": ()},
    renamed={"volcano_queue": "queue", "max_retry": "task_max_retry"},
)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="volcanojob",
        resource=words.JOB,
        args="arena_volcano.args:VolcanoJobArgs",
        summary="batch jobs of several tasks with gang scheduling by Volcano",
        display="Volcano",
        shorthand="vj",
        selectors=lambda job: exactly(words.pod_labels(job)),
        wrapping=WRAPPING,
        suspend_check=words.suspend_check,
        suspend_request=suspend_request,
        scale=scale,
        scale_check=lambda job: "it has no task with a number of pods",
        provider="Volcano (1.9 or later): https://volcano.sh/en/docs/installation/",
        operator="vc-controller-manager",
    )
