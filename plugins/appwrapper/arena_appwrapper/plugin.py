"""The hooks of the job type ``appwrapperjob``. It composes: the wrapped type builds the job and knows its pods."""

from __future__ import annotations

from arena_appwrapper import reasons
from arena_appwrapper import status as state
from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Resource
from arena_core.families import kueue
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_appwrapper.args import AppWrapperArgs
    from arena_core.contract.types import Build, Cause, Endpoint, Jobs, JobView, Lookup, Manifest, Note, Problem

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
arena_related, arena_job_status, arena_log_sources = hookimpl(state.related), hookimpl(state.status), hookimpl(state.log_sources)
arena_pod_sets = hookimpl(state.pod_sets)

RESOURCE = Resource("workload.codeflare.dev", "v1beta2", "AppWrapper", "appwrappers")


JOB_TYPE = JobType(
    name="appwrapperjob",
    resource=RESOURCE,
    args="arena_appwrapper.args:model",
    summary="AppWrapper around any other job type, with Kueue queues and retries",
    display="AppWrapper",
    shorthand="aw",
    selectors=lambda job: exactly({state.LABEL: dig.text(job, "metadata", "name")}),
    scale_check=lambda job: "the AppWrapper operator lets nobody change what is inside",
    suspend_path="spec.suspend",
    suspend_check=kueue.decides,
    provider="the AppWrapper operator: https://github.com/project-codeflare/appwrapper",
    operator="appwrapper",
)


@hookimpl
def arena_job_type() -> JobType:
    """Say what an AppWrapper is."""
    return JOB_TYPE


@hookimpl
def arena_build_manifests(args: AppWrapperArgs, jobs: Jobs, build: Build) -> list[Manifest]:
    """Return the AppWrapper first, then what stands beside it."""
    from arena_appwrapper.manifests import build as made

    return made(args, jobs, build)


@hookimpl
def arena_validate(args: AppWrapperArgs, jobs: Jobs) -> list[Problem | Note]:
    """Say where the job inside has more sets of pods than an AppWrapper holds, and where its end is never seen."""
    from arena_appwrapper.preflight import before

    return list(before(args, jobs))


@hookimpl
def arena_preflight(args: AppWrapperArgs, lookup: Lookup, jobs: Jobs) -> list[Problem | Note]:
    """Return what only the cluster knows: the queue, its priority class, and what the inner type asks for."""
    from arena_appwrapper.preflight import problems

    return problems(args, lookup, jobs)


@hookimpl
def arena_endpoints(view: JobView, jobs: Jobs) -> list[Endpoint]:
    """Return the TensorBoard beside the AppWrapper, and what the job inside serves."""
    from arena_core.families.tensorboard import endpoints

    return [*endpoints(view.manifest), *state.endpoints(view, jobs)]


@hookimpl
def arena_explain(view: JobView, jobs: Jobs) -> list[Cause]:
    """Say why the job is not running, from the queue down to the pods."""
    return reasons.explain(view, state.status(view, jobs), state.inner_handle(view.manifest, jobs))
