"""The hooks of the job type ``hello``. `arena list` imports this module: what builds jobs is only named, and imported when it is needed."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Wrapping
from arena_core.families import hooks, kueue, plainjob
from arena_core.k8s import dig

#: The version of the contract that this module is written for: read before anything else of it.
ARENA_CONTRACT = 2
arena_build_manifests = hooks.building("arena_hello.manifests:build")
arena_preflight = hooks.preflight(hooks.COMMON)
arena_related, arena_job_status, arena_explain = hooks.reading(plainjob, unfetched=None)
arena_pod_sets = hooks.pod_sets(plainjob.pod_sets)
arena_endpoints = hooks.arena_endpoints


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="hello",
        resource=plainjob.RESOURCE,
        args="arena_hello.args:HelloArgs",
        summary="pods with a number each, on a Job of plain Kubernetes",
        selectors=plainjob.selectors,
        wrapping=Wrapping(failure_seen=True),
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
        scale=plainjob.scale,
        scale_check=kueue.sized,
        # Other types make Jobs, too: this says which of them are ours.
        matches=lambda job: dig.labels(job).get("app") == "hello",
    )
