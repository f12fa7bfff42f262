"""The hooks of the job type ``rayjob``. Reading commands load this module alone: what builds jobs is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Note, Wrapping
from arena_core.families import hooks
from arena_core.typed import TYPE_CHECKING
from arena_rayjob import members, names
from arena_rayjob import status as state

if TYPE_CHECKING:
    from arena_core.contract.types import (
        Endpoint,
        Jobs,
        JobView,
        LogQuery,
        LogSource,
    )
    from arena_rayjob.args import RayJobArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_explain = hooks.reading(state)
arena_build_manifests = hooks.building("arena_rayjob.manifests:build")
arena_preflight = hooks.preflight(hooks.COMMON, "arena_rayjob.preflight:name_problems")
arena_pod_sets = hooks.pod_sets_for(members.pod_sets)

PROVIDER = "KubeRay (ray.io/v1): https://github.com/ray-project/kuberay"


def _inside(args: RayJobArgs) -> Sequence[Note]:
    """Say what a wrapper will never see, or see wrongly."""
    never = (
        "an AppWrapper never sees the end of a RayJob, because its operator only counts pods, and those of Ray run until they are "
        "deleted: it keeps its quota until you delete it, also when the job has ended (arena submit rayjob --kueue-queue does not)"
    )
    gone = "the AppWrapper takes the pods that are gone for a failure and runs the job again"
    return (Note(never), *((Note(gone, "shutdown_after_finished"),) if args.shutdown_after_finished else ()))


#: The Ray cluster stays, unless somebody says otherwise: a wrapper would take its end for a failure, and run the job again.
WRAPPING = Wrapping(
    defaults={"shutdown_after_finished": False},
    shared={size: (f"head_{size}", f"worker_{size}") for size in ("cpu", "memory")},
    warn=_inside,
)


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="rayjob",
        resource=names.RAYJOB,
        args="arena_rayjob.args:RayJobArgs",
        summary="a command on a Ray cluster of its own, a head and workers, with KubeRay",
        display="Ray",
        shorthand="rj",
        selectors=state.selectors,
        wrapping=WRAPPING,
        scale_check=lambda job: "KubeRay makes its Ray cluster once, from the groups that it had; Ray's autoscaler changes them",
        suspend_path="spec.suspend",
        suspend_check=state.suspend_check,
        provider=PROVIDER,
        operator="kuberay",
    )


@hookimpl
def arena_log_sources(view: JobView, query: LogQuery, jobs: Jobs) -> Sequence[LogSource]:
    """Return where the logs are: the command's is the submitter's."""
    job, pods = view.manifest, view.pods or ()
    return members.log_sources(job, pods, query, view.status or state.status(job, pods))


@hookimpl
def arena_endpoints(view: JobView, jobs: Jobs) -> Sequence[Endpoint]:
    """Return the job's TensorBoard and, as long as there is a Ray cluster, Ray's dashboard."""
    from arena_core.families.tensorboard import endpoints

    return [*endpoints(view.manifest), *state.endpoints(view.manifest)]
